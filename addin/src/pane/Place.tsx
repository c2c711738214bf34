/** An address that selects its cells when it is clicked. */

import { areaAddress, parsePlace } from "../host/address";
import { usePane } from "./context";

/** `within`: the sheet that goes without saying. */
export function Place({ place, within }: { place: string; within?: string | undefined }) {
  const { session, t } = usePane();
  const parsed = parsePlace(place, within);
  const shown = parsed && within !== undefined && parsed.sheet === within ? areaAddress(parsed) : place;
  return (
    <button
      type="button"
      className="place"
      title={t("card.citation", { place })}
      aria-label={t("card.citation", { place })}
      onClick={() => void session.suggestions.goTo(place)}
    >
      {shown}
    </button>
  );
}
