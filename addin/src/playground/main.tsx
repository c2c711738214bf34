/** The playground: the pane beside a grid in the browser. Office.js is never loaded here. */

import { init } from "@ironcalc/workbook";
import { createRoot } from "react-dom/client";
import { takeToken } from "../client/settings";
import { mountPane } from "../pane/mount";
import { followTheme } from "../styles/theme";
import { Books } from "./books";
import { Stage } from "./grid/stage";
import { Playground } from "./Playground";
import "./playground.css";

const TOKEN = "cellwright.playground.token";

const root = document.getElementById("root");
if (root === null) throw new Error("expected an element with id root");
const given = takeToken(location, history);
if (given !== null) sessionStorage.setItem(TOKEN, given);
const token = () => sessionStorage.getItem(TOKEN);
// Until the pane is there and follows what the person chose in it.
const unfollow = followTheme(document.documentElement, "system", undefined);

await init();
const stage = new Stage();
const books = new Books("", token);
const surroundings = stage.surroundings(navigator.language);
createRoot(root).render(
  <Playground
    books={books}
    stage={stage}
    mount={(element) => {
      unfollow();
      return mountPane(element, { surroundings, token: token() });
    }}
  />,
);
