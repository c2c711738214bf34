/**
 * The queue behind `context.sync()` and what every object of the shim shares.
 *
 * As in Office.js: reading and writing only queue; `sync` does it all in order; a property that was not loaded,
 * or not yet synced, throws `PropertyNotLoaded` when it is read. So code that runs here has asked for all that
 * it reads in Excel, too.
 */

export class OfficeError extends Error {
  constructor(
    readonly code:
      | "PropertyNotLoaded"
      | "InvalidArgument"
      | "ItemNotFound"
      | "NotImplemented"
      | "InvalidReference",
    message: string,
  ) {
    super(message);
    this.name = "OfficeError";
  }
}

export function notInGrid(what: string): never {
  throw new OfficeError("NotImplemented", `The playground's grid has no ${what}.`);
}

export class Batch {
  private queue: (() => void)[] = [];

  push(action: () => void): void {
    this.queue.push(action);
  }

  /** Does what is queued; at an error the rest is dropped, as in Office.js. */
  flush(): void {
    const actions = this.queue;
    this.queue = [];
    for (const action of actions) action();
  }
}

/** `"a, b/c"` or `["a", "b/c"]` as single paths. */
function paths(properties: string | string[] | undefined): string[] {
  const listed = typeof properties === "string" ? properties.split(",") : (properties ?? []);
  return listed.map((path) => path.trim()).filter((path) => path !== "");
}

export abstract class ShimObject {
  private readonly loaded = new Map<string, unknown>();
  private nullness: boolean | null = null;

  constructor(protected readonly batch: Batch) {}

  get isNullObject(): boolean {
    if (this.nullness === null)
      throw new OfficeError("PropertyNotLoaded", "expected sync before isNullObject is read");
    return this.nullness;
  }

  load(properties?: string | string[]): this {
    for (const path of paths(properties)) {
      const [first = "", ...rest] = path.split("/");
      if (rest.length > 0) this.child(first).load(rest.join("/"));
      else this.batch.push(() => this.capture(first));
    }
    this.batch.push(() => this.settle());
    return this;
  }

  /** The value of a property now; called inside `sync`, on objects that exist. */
  protected abstract read(property: string): unknown;

  /** Whether the object turned out not to exist; called inside `sync`. */
  protected isMissing(): boolean {
    return false;
  }

  protected child(name: string): { load(properties?: string | string[]): unknown } {
    const value = (this as unknown as Record<string, unknown>)[name];
    if (typeof value === "object" && value !== null && "load" in value) return value as { load(): unknown };
    throw new OfficeError("InvalidArgument", `expected a property with properties of its own, got ${name}`);
  }

  protected settle(): void {
    this.nullness = this.isMissing();
  }

  private capture(property: string): void {
    this.settle();
    if (!this.nullness) this.loaded.set(property, this.read(property));
  }

  protected value<T>(property: string): T {
    if (!this.loaded.has(property)) {
      throw new OfficeError(
        "PropertyNotLoaded",
        `expected ${property} to be loaded and synced before it is read`,
      );
    }
    return this.loaded.get(property) as T;
  }

  /** A write: takes effect at sync, and is what the property reads as from now on. */
  protected write<T>(property: string, value: T, action: (value: T) => void): void {
    this.loaded.set(property, value);
    this.batch.push(() => action(value));
  }
}

/** A collection whose items are known at sync; `load("items/name")` loads each item's name. */
export abstract class ShimCollection<Item extends ShimObject> {
  private loadedItems: Item[] | null = null;

  constructor(protected readonly batch: Batch) {}

  protected abstract list(): Item[];

  get items(): Item[] {
    if (this.loadedItems === null)
      throw new OfficeError("PropertyNotLoaded", "expected items to be loaded before they are read");
    return this.loadedItems;
  }

  load(properties?: string | string[]): this {
    const ofItems = paths(properties)
      .filter((path) => path !== "items")
      .map((path) => path.replace(/^items\//, ""));
    this.batch.push(() => {
      this.loadedItems = this.list();
      for (const item of this.loadedItems) item.load(ofItems);
    });
    // The items' loads were queued inside this flush, after the queue was taken.
    this.batch.push(() => this.batch.flush());
    return this;
  }
}
