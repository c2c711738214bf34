/** The playground: the pane beside a grid in the browser. Office.js is never loaded here. */

import { init } from "@ironcalc/workbook";
import { createRoot } from "react-dom/client";
import { takeToken } from "../client/settings";
import { Books } from "./books";
import { Stage } from "./grid/stage";
import { Playground } from "./Playground";
import "./playground.css";

const TOKEN = "cellwright.playground.token";

const root = document.getElementById("root");
if (root === null) throw new Error("expected an element with id root");
const given = takeToken(location, history);
if (given !== null) sessionStorage.setItem(TOKEN, given);

await init();
const stage = new Stage();
const books = new Books("", () => sessionStorage.getItem(TOKEN));
createRoot(root).render(
  <Playground books={books} stage={stage} flush={async () => {}}>
    <p>Cellwright</p>
  </Playground>,
);
Object.assign(window, { stage });
