// Says once, before the tests, why they are skipped where they are.
import { whatIsMissing } from "./missing";

export default function setup(): void {
  const missing = whatIsMissing();
  if (missing !== null) console.warn(`end-to-end tests are skipped: ${missing}`);
}
