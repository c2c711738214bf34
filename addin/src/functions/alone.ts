/**
 * Custom functions where Excel runs them by themselves, without a shared runtime: there is no workbook to read
 * and no line to the server, so both say what is missing. The pane's own page binds the real ones.
 */

import { translator } from "../i18n";
import { FUNCTIONS } from "./ids";

declare const CustomFunctions: {
  associate(id: string, implementation: () => never): void;
  readonly Error: new (code: string, message?: string) => Error;
  readonly ErrorCode: { readonly notAvailable: string };
};

for (const id of Object.values(FUNCTIONS)) {
  CustomFunctions.associate(id, () => {
    throw new CustomFunctions.Error(
      CustomFunctions.ErrorCode.notAvailable,
      translator("en")("functions.needsPane"),
    );
  });
}
