// biome-ignore-all lint/suspicious/noAssignInExpressions: accessors of one line
/** Office.js's manners: a queue that `sync` works off, and objects that may be read only after `load`. */

export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The queue of one `Excel.run`. */
export class Queue {
  private actions: (() => void)[] = [];
  constructor(private readonly onTrip: () => void) {}

  push(action: () => void): void {
    this.actions.push(action);
  }

  async flush(): Promise<void> {
    await Promise.resolve();
    const { actions } = this;
    this.actions = [];
    if (actions.length > 0) this.onTrip();
    for (const action of actions) action();
  }
}

/**
 * An object of Office.js round plain accessors: reads see what `load` took at the last sync, writes wait for the
 * next one. `shape` lists what may be loaded; what it does not list is a method or another object.
 */
export function proxied(
  queue: Queue,
  shape: Record<string, { get: () => unknown; set?: (value: never) => void }>,
  rest: object,
  isNull: () => boolean = () => false,
): object {
  const loaded = new Map<string, unknown>();
  let nullness: boolean | null = null;
  const target = {
    ...rest,
    load(properties?: string | string[]) {
      const names = (typeof properties === "string" ? properties.split(",") : (properties ?? [])).map(
        (name) => name.trim(),
      );
      queue.push(() => {
        nullness = isNull();
        if (nullness) return;
        const fresh = new Map<string, unknown>();
        for (const name of names) {
          const [head = "", ...path] = name.split("/");
          const accessor = shape[head];
          if (!accessor) throw new Refusal("InvalidArgument", `no property ${name}`);
          const value = fresh.has(head) ? fresh.get(head) : accessor.get();
          fresh.set(head, value);
          if (path.length > 0)
            for (const item of value as { preload(name: string): void }[]) item.preload(path.join("/"));
          loaded.set(head, value);
        }
      });
      return undefined;
    },
    preload(name: string) {
      loaded.set(name, shape[name]?.get());
    },
  };
  return new Proxy(target, {
    get(object, name) {
      if (name === "isNullObject") {
        if (nullness === null) throw new Refusal("PropertyNotLoaded", "isNullObject before sync");
        return nullness;
      }
      if (typeof name === "string" && name in shape) {
        if (!loaded.has(name)) throw new Refusal("PropertyNotLoaded", name);
        return loaded.get(name);
      }
      return Reflect.get(object, name);
    },
    set(_object, name, value) {
      const accessor = typeof name === "string" ? shape[name] : undefined;
      if (!accessor?.set) throw new Refusal("InvalidArgument", `cannot set ${String(name)}`);
      queue.push(() => accessor.set?.(value as never));
      return true;
    },
  });
}
