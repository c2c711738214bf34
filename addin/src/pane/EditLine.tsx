/** An edit as a person reads it: what is done, where, and what comes there. */

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

/** A line of the history; the place that stands above it already is not said again. */
export function HistoryLine({ text, at }: { readonly text: string; readonly at: string }) {
  const { t } = usePane();
  const line = readEditLine(text, t);
  if (line.place === at && line.detail.startsWith("=")) return <FormulaText formula={line.detail} />;
  return (
    <span className="edit-line">
      <span className="operation">{line.operation}</span>
      <EditDetail line={line.place === at ? { ...line, place: "" } : line} within={undefined} />
    </span>
  );
}
