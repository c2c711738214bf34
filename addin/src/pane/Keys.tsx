/** The list of keys, in a dialog of the browser's own. */

import { useEffect, useRef } from "react";
import { usePane } from "./context";

const KEYS = [
  ["Enter", "keys.accept"],
  ["Shift+Enter", "keys.fill"],
  ["E", "keys.edit"],
  ["1 – 4", "keys.reject"],
  ["↑ ↓", "keys.move"],
  ["Alt+X", "keys.explain"],
  ["Alt+Z", "keys.undo"],
  ["?", "keys.show"],
] as const;

export function Keys({ onClose }: { onClose: () => void }) {
  const { session, t } = usePane();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    if (shown && !shown.open) shown.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="keys" aria-labelledby="keys-title" onClose={onClose}>
      <h2 id="keys-title">{t("keys.title")}</h2>
      <dl>
        {KEYS.map(([key, what]) => (
          <div key={what}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
      <p className="hint">
        {session.host.kind === "playground"
          ? t("keys.playground")
          : t("keys.excel", { accept: "Ctrl+Alt+Enter" })}
      </p>
      <button type="button" onClick={() => dialog.current?.close()}>
        {t("keys.close")}
      </button>
    </dialog>
  );
}
