import { createRoot } from "react-dom/client";

const root = document.getElementById("root");
if (root === null) throw new Error("expected an element with id root");
createRoot(root).render(<p>Cellwright</p>);
