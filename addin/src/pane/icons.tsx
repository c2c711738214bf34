/** Icons of 16 units, drawn with the colour of the text beside them; decoration only, so hidden from readers. */

const PATHS = {
  check: "M3 8.5 6.5 12 13 4.5",
  question: "M6 6a2 2 0 1 1 2.8 1.8c-.6.3-.8.7-.8 1.4M8 11.8v.1",
  warning: "M8 2.5 14 13H2L8 2.5ZM8 6.5v3M8 11.3v.1",
  lock: "M4.5 7V5.5a3.5 3.5 0 0 1 7 0V7M3.5 7h9v6h-9z",
  cloud: "M4.5 12a2.8 2.8 0 0 1-.3-5.6 4 4 0 0 1 7.7.5A2.6 2.6 0 0 1 11.5 12z",
  off: "M3 3l10 10M5 5.2A6 6 0 0 0 3 8M11 10.8A6 6 0 0 0 13 8M7 4.1A6 6 0 0 1 11 5.2",
  undo: "M6 3.5 3 6.5l3 3M3.2 6.5H9a3.5 3.5 0 0 1 0 7H7",
  down: "M8 3v9M4.5 8.5 8 12l3.5-3.5",
  edit: "M3 13l.6-2.6L10.8 3.2l2 2L5.6 12.4 3 13Z",
  close: "M4 4l8 8M12 4l-8 8",
  arrow: "M3 8h9M9 5l3 3-3 3",
  suggest: "M8 2v3M8 11v3M2 8h3M11 8h3M4 4l1.6 1.6M10.4 10.4 12 12M12 4l-1.6 1.6M5.6 10.4 4 12",
  ask: "M3 3.5h10v7H7.5L5 13v-2.5H3z",
  send: "M3 8h9M8.5 4 13 8l-4.5 4",
  audit: "M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM10 10l3.5 3.5",
  history: "M3 8a5 5 0 1 0 1.6-3.7L3 5.8M3 3v2.8h2.8M8 5.5V8l1.8 1.4",
  settings: "M3 4.5h10M3 8h10M3 11.5h10M6 3v3M10 6.5v3M5 10v3",
  keyboard: "M2 4.5h12v7H2zM4.5 7h.1M7 7h.1M9.5 7h.1M11.5 7h.1M5 9.3h6",
  mend: "M9.5 3.2a3 3 0 0 0-3 4L3 10.8 5.2 13l3.6-3.5a3 3 0 0 0 4-3L11 8.2 8 5.2l1.5-2Z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
