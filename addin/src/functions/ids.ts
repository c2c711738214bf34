/** Names that the manifests and the code share: ribbon and menu actions, shortcuts, custom functions. */

/** Ids of actions, as `ExecuteFunction` of a button and `action` of a shortcut name them. */
export const ACTIONS = {
  showPane: "ShowPane",
  suggest: "Suggest",
  accept: "AcceptSuggestion",
  reject: "RejectSuggestion",
  undo: "UndoSuggestion",
  explain: "ExplainFormula",
  fix: "FixFormula",
  audit: "AuditWorkbook",
} as const;

/** Keys of the registered shortcuts; none of them is one of Excel's own. */
export const SHORTCUTS: Readonly<
  Record<
    (typeof ACTIONS)["accept" | "reject" | "undo" | "explain" | "showPane"],
    { default: string; mac: string }
  >
> = {
  AcceptSuggestion: { default: "Ctrl+Alt+Enter", mac: "Command+Option+Enter" },
  RejectSuggestion: { default: "Ctrl+Alt+Backspace", mac: "Command+Option+Backspace" },
  UndoSuggestion: { default: "Ctrl+Alt+Z", mac: "Command+Option+Z" },
  ExplainFormula: { default: "Ctrl+Alt+X", mac: "Command+Option+X" },
  ShowPane: { default: "Ctrl+Alt+C", mac: "Command+Option+C" },
};

/** `=CELLWRIGHT.ASK(...)`: the namespace and the ids of the custom functions. */
export const NAMESPACE = "CELLWRIGHT";
export const FUNCTIONS = { ask: "ASK", suggest: "SUGGEST" } as const;
