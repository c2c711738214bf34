/** Office.js, loaded where Excel shows the page: only from its own address, as its licence and the stores ask. */

import type { Surroundings } from "../host/surface";

const OFFICE_JS = "https://appsforoffice.microsoft.com/lib/1/hosted/office.js";

/** Resolves once Excel is there; null in a browser of its own, where Office.js says that it has no host. */
export async function officeSurroundings(): Promise<Surroundings | null> {
  if (typeof Office === "undefined") await loadScript(OFFICE_JS);
  const info = await Office.onReady();
  if (info.host !== Office.HostType.Excel) return null;
  return { excel: Excel, office: Office };
}

export function officeBackground(): string | undefined {
  return Office.context.officeTheme?.bodyBackgroundColor;
}

function loadScript(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => reject(new Error(`expected Office.js at ${url}, got nothing`)));
    document.head.append(script);
  });
}
