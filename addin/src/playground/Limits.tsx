/** Says plainly what Excel can do and this page cannot. */

import { useEffect, useRef } from "react";
import { LIMITS, WORDS } from "./words";

export function Limits({ leftOut, onClose }: { leftOut: readonly string[]; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="limits" onClose={onClose} aria-labelledby="limits-title">
      <h2 id="limits-title">{WORDS.limits}</h2>
      <ul>
        {LIMITS.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {leftOut.length > 0 && (
        <>
          <h3>{WORDS.leftOut}</h3>
          <ul>
            {leftOut.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </>
      )}
      <p>{WORDS.kept}</p>
      <form method="dialog">
        <button type="submit">{WORDS.close}</button>
      </form>
    </dialog>
  );
}
