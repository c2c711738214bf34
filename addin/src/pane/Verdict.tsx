/** What running a suggestion on the workbook showed, as a badge: an icon and a word, never colour alone. */

import type { WireVerdict } from "../protocol/messages";
import { usePane } from "./context";
import { Icon, type IconName } from "./icons";

const ICONS: Record<WireVerdict["status"], IconName> = {
  verified: "check",
  unverified: "question",
  makes_errors: "warning",
  invalid: "warning",
  refused: "warning",
};

export function VerdictBadge({ verdict }: { verdict: WireVerdict }) {
  const { t } = usePane();
  const detail = verdict.status === "verified" ? t("verdict.verified.detail") : verdict.why;
  return (
    <span className={`verdict verdict-${verdict.status}`} title={detail}>
      <Icon name={ICONS[verdict.status]} />
      {t(`verdict.${verdict.status}`)}
    </span>
  );
}

/** Calibrated probability, as a number and a bar. Nothing is certain, and nothing shown is impossible. */
export function Confidence({ value }: { value: number }) {
  const { t } = usePane();
  const percent = Math.round(value * 100);
  return (
    <span className="confidence" title={t("card.confidence.label")}>
      <span className="confidence-bar" aria-hidden="true">
        <span style={{ inlineSize: `${percent}%` }} />
      </span>
      {percent > 99
        ? t("card.confidence.most")
        : percent < 1
          ? t("card.confidence.least")
          : t("card.confidence", { percent })}
    </span>
  );
}
