/** Values that are not written yet, drawn over the cells that they would go to. */

import { type RefObject, useEffect, useState } from "react";
import { parseArea } from "../../host/address";
import type { Ghost } from "../../host/surface";
import { type Box, COLUMN_HEADER_PX, cellBox, ROW_HEADER_PX } from "./geometry";
import type { Stage } from "./stage";

interface Drawn {
  readonly ghost: Ghost;
  readonly box: Box;
}

/** The ghosts of the sheet that is shown, where its window shows them, from the wrapper's corner. */
function drawn(stage: Stage, wrapper: HTMLElement): { ghosts: Drawn[]; clip: Box } | null {
  const canvas = wrapper.querySelector("canvas");
  if (canvas === null || stage.staged === null || stage.ghosts.length === 0) return null;
  const { model, cells } = stage.staged;
  const shown = cells.sheetName(model.getSelectedSheet()).toLowerCase();
  const outer = wrapper.getBoundingClientRect();
  const inner = canvas.getBoundingClientRect();
  const ghosts = stage.ghosts.flatMap((ghost) => {
    const area = ghost.sheet.toLowerCase() === shown ? parseArea(ghost.cell.replaceAll("$", "")) : null;
    const box = area === null ? null : cellBox(model, area.top, area.left);
    return box === null ? [] : [{ ghost, box }];
  });
  const clip = {
    left: inner.left - outer.left,
    top: inner.top - outer.top,
    width: inner.width,
    height: inner.height,
  };
  return { ghosts, clip };
}

export function Ghosts({ stage, wrapper }: { stage: Stage; wrapper: RefObject<HTMLElement | null> }) {
  const [shown, setShown] = useState<ReturnType<typeof drawn>>(null);
  useEffect(() => {
    let frame = 0;
    const draw = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() =>
        setShown(wrapper.current === null ? null : drawn(stage, wrapper.current)),
      );
    };
    draw();
    const leave = stage.onOverlay(draw);
    window.addEventListener("resize", draw);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("resize", draw);
      leave();
    };
  }, [stage, wrapper]);

  if (shown === null) return null;
  const { clip, ghosts } = shown;
  return (
    <div
      className="ghosts"
      aria-hidden="true"
      style={{
        left: clip.left + ROW_HEADER_PX,
        top: clip.top + COLUMN_HEADER_PX,
        width: clip.width - ROW_HEADER_PX,
        height: clip.height - COLUMN_HEADER_PX,
      }}
    >
      {ghosts.map(({ ghost, box }) => (
        <div
          key={`${ghost.sheet}!${ghost.cell}`}
          className={`ghost ghost-${ghost.tone}`}
          style={{
            left: box.left - ROW_HEADER_PX,
            top: box.top - COLUMN_HEADER_PX,
            width: box.width,
            height: box.height,
          }}
        >
          {ghost.text}
        </div>
      ))}
    </div>
  );
}
