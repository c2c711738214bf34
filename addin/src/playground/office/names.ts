/** Defined names, which IronCalc has itself; its text of a name's formula has no `=`. */

import type { DefinedName } from "@ironcalc/wasm";
import type { OfficeName, OfficeNames } from "../../host/surface";
import { OfficeError, ShimCollection, ShimObject } from "./batch";
import type { Workspace } from "./workspace";

const withoutEquals = (formula: string) => formula.replace(/^=/, "");

class Name extends ShimObject implements OfficeName {
  constructor(
    private readonly at: Workspace,
    private readonly find: () => DefinedName | null,
    private readonly mayBeNull = false,
  ) {
    super(at.batch);
    if (mayBeNull) at.batch.push(() => this.settle());
  }

  protected override isMissing(): boolean {
    return this.mayBeNull && this.find() === null;
  }

  private here(): DefinedName {
    const name = this.find();
    if (name === null) throw new OfficeError("ItemNotFound", "expected a name that exists");
    return name;
  }

  protected read(property: string): unknown {
    const name = this.here();
    if (property === "name") return name.name;
    if (property === "formula") return `=${withoutEquals(name.formula)}`;
    if (property === "visible") return true;
    return undefined;
  }

  get name(): string {
    return this.value("name");
  }
  get formula(): string {
    return this.value("formula");
  }
  set formula(formula: string) {
    this.write("formula", formula, (text) => {
      const { name, scope } = this.here();
      this.at.cells.observed.model.updateDefinedName(name, scope, name, scope, withoutEquals(text));
    });
  }
  get visible(): boolean {
    return this.value("visible");
  }
  set visible(visible: boolean) {
    this.write("visible", visible, () => undefined);
  }

  delete(): void {
    this.batch.push(() => {
      const { name, scope } = this.here();
      this.at.cells.observed.model.deleteDefinedName(name, scope);
    });
  }
}

/** Names of the workbook (`sheet` null) or of one sheet. */
export class Names extends ShimCollection<Name> implements OfficeNames {
  constructor(
    private readonly at: Workspace,
    private readonly sheet: (() => number) | null,
  ) {
    super(at.batch);
  }

  private scope(): number | undefined {
    return this.sheet === null ? undefined : this.sheet();
  }

  private inScope(): DefinedName[] {
    const scope = this.scope();
    return this.at.cells.observed.model
      .getDefinedNameList()
      .filter((name) => (name.scope ?? undefined) === scope);
  }

  private named(name: string): DefinedName | null {
    const folded = name.toLowerCase();
    return this.inScope().find((found) => found.name.toLowerCase() === folded) ?? null;
  }

  protected list(): Name[] {
    return this.inScope().map(({ name }) => new Name(this.at, () => this.named(name)));
  }

  add(name: string, reference: string): OfficeName {
    this.batch.push(() => {
      try {
        this.at.cells.observed.model.newDefinedName(name, this.scope(), withoutEquals(reference));
      } catch (error) {
        throw new OfficeError("InvalidArgument", String(error));
      }
    });
    return new Name(this.at, () => this.named(name));
  }

  getItemOrNullObject(name: string): OfficeName {
    return new Name(this.at, () => this.named(name), true);
  }
}
