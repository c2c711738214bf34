/** The admin page: takes the token out of the address, keeps it for this tab, mounts the page. */

import { createRoot } from "react-dom/client";
import { browserStorage, takeToken } from "../client/settings";
import { App } from "./App";
import "../styles/base.css";
import "../styles/admin.css";

const KEY = "cellwright.admin";

function main(): void {
  const root = document.getElementById("root");
  if (!root) throw new Error("expected an element #root in the page, got none");
  const storage = browserStorage("sessionStorage");
  const token = takeToken(location, history) ?? storage?.getItem(KEY) ?? "";
  createRoot(root).render(<App token={token} keep={(kept) => storage?.setItem(KEY, kept)} />);
}

main();
