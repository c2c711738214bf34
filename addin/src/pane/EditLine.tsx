/** An edit as a person reads it: what is done, where, and what comes there. */

import { parsePlace } from "../host/address";
import { usePane } from "./context";
import { type EditWords, readEditLine } from "./editWords";
import { FormulaText } from "./FormulaText";
import { Place } from "./Place";

/** Where it is done and what comes there. `within`: the sheet that goes without saying. */
export function EditDetail({
  line: { place, detail },
  within,
}: {
  readonly line: EditWords;
  readonly within: string | undefined;
}) {
  return (
    <>
      {place !== "" && <Place place={place} within={within} />}
      {detail.startsWith("=") ? (
        <FormulaText formula={detail} />
      ) : (
        detail !== "" && <span className="edit-detail">{detail}</span>
      )}
    </>
  );
}

/** A line of the history; a formula whose place stands above it already is shown alone. */
export function HistoryLine({ text, at }: { readonly text: string; readonly at: string }) {
  const { t } = usePane();
  const line = readEditLine(text, t);
  if (line.place === at && line.detail.startsWith("=")) return <FormulaText formula={line.detail} />;
  return (
    <span className="edit-line">
      <span className="operation">{line.operation}</span>
      <EditDetail line={line} within={parsePlace(at)?.sheet} />
    </span>
  );
}
