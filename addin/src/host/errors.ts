/** What a host refuses, with a code that the pane has words for. */

export type HostErrorCode =
  | "protected"
  | "unsupported_edit"
  | "too_large"
  | "cell_edit_mode"
  | "array_part"
  | "not_found"
  | "bad_address"
  | "changed_since"
  | "excel";

export class HostError extends Error {
  constructor(
    readonly code: HostErrorCode,
    /** Where or what: a place, a kind of edit, Excel's own message. */
    readonly detail: string,
  ) {
    super(`${code}: ${detail}`);
    this.name = "HostError";
  }
}

const OFFICE_CODES: Record<string, HostErrorCode> = {
  AccessDenied: "protected",
  InvalidOperationInCellEditMode: "cell_edit_mode",
  ItemNotFound: "not_found",
  ResponsePayloadSizeLimitExceeded: "too_large",
  RequestPayloadSizeLimitExceeded: "too_large",
};

/** Any failure inside `Excel.run` as a HostError; Office.js errors carry a `code` and a `message`. */
export function asHostError(error: unknown): HostError {
  if (error instanceof HostError) return error;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const known = typeof code === "string" ? OFFICE_CODES[code] : undefined;
  return new HostError(known ?? "excel", typeof message === "string" ? message : String(error));
}
