/** The undo journal of the host: plain data that takes an applied plan back, the last step first. */

import type { CellsImage } from "./images";

export interface StoredFilter {
  readonly address: string;
  readonly criteria: readonly object[];
}

export type UndoStep =
  | { readonly kind: "cells"; readonly image: CellsImage }
  | {
      readonly kind: "merges";
      readonly sheet: string;
      readonly address: string;
      readonly merged: readonly string[];
    }
  | { readonly kind: "remove_rows" | "remove_columns"; readonly sheet: string; readonly address: string }
  | { readonly kind: "insert_rows" | "insert_columns"; readonly sheet: string; readonly address: string }
  /** Formulas of other cells as they read before rows or columns went. */
  | {
      readonly kind: "formulas";
      readonly sheet: string;
      readonly cells: readonly (readonly [cell: string, formula: string])[];
    }
  | {
      readonly kind: "names";
      readonly names: readonly (readonly [name: string, scope: string | null, formula: string])[];
    }
  | {
      readonly kind: "widths";
      readonly sheet: string;
      readonly left: number;
      readonly points: readonly (number | null)[];
    }
  | { readonly kind: "filter"; readonly sheet: string; readonly filter: StoredFilter | null }
  | { readonly kind: "freeze"; readonly sheet: string; readonly frozen: string | null }
  | { readonly kind: "table"; readonly name: string }
  | {
      readonly kind: "conditional_formats";
      readonly sheet: string;
      readonly rules: readonly (readonly [address: string, id: string])[];
    }
  | {
      readonly kind: "validation";
      readonly sheet: string;
      readonly address: string;
      readonly before: StoredValidation | null;
    }
  | { readonly kind: "chart"; readonly sheet: string; readonly name: string }
  | { readonly kind: "pivot"; readonly sheet: string; readonly name: string }
  | {
      readonly kind: "name";
      readonly name: string;
      readonly scope: string | null;
      readonly formula: string | null;
    }
  | { readonly kind: "remove_sheet"; readonly sheet: string }
  | { readonly kind: "rename_sheet"; readonly sheet: string; readonly name: string };

export interface StoredValidation {
  readonly rule: object;
  readonly errorAlert: object;
  readonly ignoreBlanks: boolean;
}

/** Cells as they were left, so that an undo can tell whether somebody wrote there since. */
export interface AfterImage {
  readonly sheet: string;
  readonly address: string;
  readonly formulas: readonly (readonly unknown[])[];
}

export interface Journal {
  readonly steps: readonly UndoStep[];
  readonly after: readonly AfterImage[];
  /** Why an undo would not be exact; empty where it is. */
  readonly losses: readonly Loss[];
}

/** `row_heights`: those of deleted rows; `rules`: conditional formats, validations of deleted cells; `many_formulas`. */
export type Loss = "rules" | "many_formulas" | "mixed_validation";
