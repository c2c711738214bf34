/** The IronCalc grid of the open workbook, with ghosts drawn over its cells. */

import { IronCalc } from "@ironcalc/workbook";
import "@ironcalc/workbook/style.css";
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { focusGrid, keepAccessible } from "./accessible";
import { Ghosts } from "./Ghosts";
import type { Stage, Staged } from "./stage";
import { useGridTheme } from "./theme";

/** Height of what IronCalc puts round the canvas: toolbar, formula bar, tabs. */
const CHROME_PX = 190;
const ROW_HEADERS_PX = 37;

/** IronCalc scrolls by the window's size; here it has only a part of the window. */
function useOwnSize({ model }: Staged, container: HTMLElement | null): void {
  useLayoutEffect(() => {
    if (container === null) return;
    const width = model.setWindowWidth.bind(model);
    const height = model.setWindowHeight.bind(model);
    Object.assign(model, {
      setWindowWidth: () => width(Math.max(100, container.clientWidth - ROW_HEADERS_PX)),
      setWindowHeight: () => height(Math.max(100, container.clientHeight - CHROME_PX + ROW_HEADERS_PX)),
    });
    const observer = new ResizeObserver(() => window.dispatchEvent(new Event("resize")));
    observer.observe(container);
    return () => observer.disconnect();
  }, [model, container]);
}

export function Grid({ stage, staged }: { stage: Stage; staged: Staged }) {
  const wrapper = useRef<HTMLDivElement>(null);
  const [container, setContainer] = useState<HTMLDivElement | null>(null);
  const [, redraw] = useState(0);
  const theme = useGridTheme();
  useOwnSize(staged, container);

  useEffect(
    () =>
      stage.onRedraw(() => {
        // Drawing the component again ends an edit that is being typed; then only the canvas is drawn.
        const isTyping =
          wrapper.current?.contains(document.activeElement) && document.activeElement?.tagName === "TEXTAREA";
        if (isTyping) window.dispatchEvent(new Event("resize"));
        else redraw((count) => count + 1);
      }),
    [stage],
  );

  useEffect(() => {
    if (container === null) return;
    const leave = keepAccessible(container);
    // As a spreadsheet opens: the keys go to its cells.
    focusGrid(container);
    return leave;
  }, [container]);

  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      const isPlain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
      const isTyping = (event.target as HTMLElement).tagName === "TEXTAREA";
      if (isTyping) return;
      const isJump = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
      if (isJump && (event.key === "Home" || event.key === "End")) stage.jump(event.key);
      else if (!isPlain || !stage.key(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    [stage],
  );

  return (
    <section ref={wrapper} className="grid" aria-label="Spreadsheet" onKeyDownCapture={onKeyDown}>
      <div ref={setContainer} className="grid-root">
        {container !== null && (
          <IronCalc model={staged.model} rootContainer={container} themeVariables={theme} />
        )}
      </div>
      <Ghosts stage={stage} wrapper={wrapper} />
    </section>
  );
}
