/** The task pane's page: waits for Excel, mounts the pane, registers commands and custom functions. */

import { takeToken } from "../client/settings";
import { registerCommands } from "../functions/commands";
import { registerFunctions } from "../functions/functions";
import { translator } from "../i18n";
import { mountPane } from "./mount";
import { officeBackground, officeSurroundings } from "./office";

async function main(): Promise<void> {
  const root = document.getElementById("root");
  if (!root) throw new Error("expected an element #root in the page, got none");
  // Before Office.js, which takes history away.
  const token = takeToken(location, history);
  try {
    const surroundings = await officeSurroundings();
    if (!surroundings) {
      tell(root, "start.noExcel");
      return;
    }
    const pane = mountPane(root, { surroundings, token, officeBackground: officeBackground() });
    registerCommands(pane.session);
    registerFunctions(pane.session);
  } catch {
    tell(root, "start.noOffice");
  }
}

function tell(root: HTMLElement, key: "start.noExcel" | "start.noOffice"): void {
  const message = document.createElement("p");
  message.textContent = translator(navigator.language)(key);
  const link = document.createElement("a");
  link.href = "./playground.html";
  link.textContent = translator(navigator.language)("start.playground");
  root.append(message, link);
}

void main();
