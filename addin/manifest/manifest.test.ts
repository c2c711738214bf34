// Both manifests, checked without Office: against the published JSON schema and the XML schema's order of
// elements, against each other, and against the files that they point to.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import Ajv from "ajv-draft-04";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { ACTIONS, NAMESPACE, SHORTCUTS } from "../src/functions/ids";

const here = import.meta.dirname;
const addin = resolve(here, "..");
const ORIGIN = "https://localhost:8765";
const read = (name: string) => readFileSync(resolve(here, name), "utf8");
const json = JSON.parse(read("manifest.json"));
const shortcuts = JSON.parse(read("shortcuts.json"));
const xml = new DOMParser().parseFromString(read("manifest.xml"), "text/xml");
const all = (name: string) => [...xml.getElementsByTagName(name)];
const attribute = (element: Element | undefined, name: string) => element?.getAttribute(name) ?? "";

/** Width and height in a PNG's header. */
function pngSize(path: string): [width: number, height: number] {
  const bytes = readFileSync(path);
  expect(bytes.subarray(1, 4).toString("latin1")).toBe("PNG");
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

/** What the server serves under a path of the add-in's: a page, or a file that the build copies. */
function isServed(path: string): boolean {
  if (path === "/") return existsSync(resolve(addin, "playground.html"));
  // The build makes it of `alone.ts`.
  if (path === "/functions.js") return existsSync(resolve(addin, "src/functions/alone.ts"));
  return [addin, here, resolve(addin, "public"), resolve(addin, "src/functions")].some((folder) =>
    existsSync(resolve(folder, path.slice(1))),
  );
}

describe("manifest.xml", () => {
  it("is well-formed and has its elements in the schema's order", () => {
    expect(all("parsererror")).toEqual([]);
    const order = (parent: Element | null | undefined) =>
      [...(parent?.children ?? [])].map((child) => child.tagName);
    expect(order(xml.documentElement)).toEqual([
      "Id",
      "Version",
      "ProviderName",
      "DefaultLocale",
      "DisplayName",
      "Description",
      "IconUrl",
      "HighResolutionIconUrl",
      "SupportUrl",
      "AppDomains",
      "Hosts",
      "Requirements",
      "DefaultSettings",
      "Permissions",
      "VersionOverrides",
      "ExtendedOverrides",
    ]);
    expect(order(all("VersionOverrides")[0])).toEqual(["Hosts", "Resources"]);
    expect(order(all("DesktopFormFactor")[0]).slice(0, 2)).toEqual(["GetStarted", "FunctionFile"]);
    expect(order(all("Resources")[0])).toEqual(["bt:Images", "bt:Urls", "bt:ShortStrings", "bt:LongStrings"]);
    for (const control of all("Control")) {
      const isMenu = attribute(control, "xsi:type") === "Menu";
      expect(order(control)).toEqual(["Label", "Supertip", "Icon", isMenu ? "Items" : "Action"]);
    }
  });

  it("has ids of the right form, each once", () => {
    expect(all("Id")[0]?.textContent).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(all("Version")[0]?.textContent).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    const ids = [...all("Group"), ...all("Control"), ...all("Item")].map((element) =>
      attribute(element, "id"),
    );
    expect(ids.length).toBeGreaterThan(8);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("uses every resource that it defines and defines every one that it uses, within their lengths", () => {
    const defined = new Map(
      ["bt:Image", "bt:Url", "bt:String"].flatMap((tag) =>
        all(tag).flatMap((element): [string, string][] =>
          attribute(element, "id") === ""
            ? []
            : [[attribute(element, "id"), attribute(element, "DefaultValue")]],
        ),
      ),
    );
    const used = new Set(
      [...xml.getElementsByTagName("*")].map((element) => attribute(element, "resid")).filter(Boolean),
    );
    expect([...used].sort()).toEqual([...defined.keys()].sort());
    for (const id of defined.keys()) expect(id.length).toBeLessThanOrEqual(32);
    const limit = { "bt:ShortStrings": 125, "bt:LongStrings": 250 };
    for (const [list, most] of Object.entries(limit)) {
      for (const string of all(list)[0]?.children ?? []) {
        expect(attribute(string, "DefaultValue").length).toBeLessThanOrEqual(most);
      }
    }
  });

  it("points to https on this machine only, and to files that exist", () => {
    const urls = [...xml.getElementsByTagName("*")]
      .flatMap((element) => [attribute(element, "DefaultValue"), attribute(element, "Url")])
      .filter((value) => value.includes("://"));
    expect(urls.length).toBeGreaterThan(8);
    for (const url of urls) {
      expect(url.startsWith(`${ORIGIN}/`)).toBe(true);
      const path = new URL(url).pathname;
      expect([path, isServed(path)]).toEqual([path, true]);
    }
  });

  it("has icons of the size that it says", () => {
    const sizes = all("bt:Image").filter((element) => attribute(element, "id") !== "");
    expect(sizes.map((element) => attribute(element, "id"))).toEqual(["Icon.16", "Icon.32", "Icon.80"]);
    for (const element of sizes) {
      const size = Number(attribute(element, "id").slice(5));
      const file = resolve(addin, `public${new URL(attribute(element, "DefaultValue")).pathname}`);
      expect(pngSize(file)).toEqual([size, size]);
    }
    expect(pngSize(resolve(addin, "public/icons/icon-64.png"))).toEqual([64, 64]);
  });
});

describe("manifest.json", () => {
  it("follows the schema that Microsoft publishes for its version", () => {
    const path = `@microsoft/app-manifest/build/json-schemas/teams/v${json.manifestVersion}/MicrosoftTeams.schema.json`;
    const schema = JSON.parse(readFileSync(createRequire(import.meta.url).resolve(path), "utf8"));
    const ajv = new Ajv({ strict: false, allErrors: true });
    addFormats(ajv);
    const validate = ajv.compile(schema);
    validate(json);
    expect(validate.errors ?? []).toEqual([]);
    expect(ajv.compile(schema)({ ...json, id: "none" })).toBe(false);
  });

  it("names only actions that exist, and has icons of the size that it says", () => {
    const [extension] = json.extensions;
    const actions = new Set(extension.runtimes[0].actions.map((action: { id: string }) => action.id));
    const used = [...JSON.stringify(extension).matchAll(/"actionId":"([^"]+)"/g)].map((match) => match[1]);
    expect(used.filter((id) => !actions.has(id))).toEqual([]);
    for (const { size, url } of [...JSON.stringify(extension).matchAll(/\{"size":\d+,"url":"[^"]+"\}/g)].map(
      (match) => JSON.parse(match[0]) as { size: number; url: string },
    )) {
      expect(pngSize(resolve(addin, `public${new URL(url).pathname}`))).toEqual([size, size]);
    }
    expect(pngSize(resolve(addin, "public", json.icons.color))).toEqual([192, 192]);
    expect(pngSize(resolve(addin, "public", json.icons.outline))).toEqual([32, 32]);
  });
});

describe("both", () => {
  it("name what the code registers", () => {
    const [extension] = json.extensions;
    const ids = extension.runtimes[0].actions.map((action: { id: string }) => action.id);
    expect([...ids].sort()).toEqual(Object.values(ACTIONS).sort());
    const keys = Object.fromEntries(
      shortcuts.shortcuts.map(({ action, key }: { action: string; key: object }) => [action, key]),
    );
    expect(keys).toEqual(SHORTCUTS);
    expect(extension.runtimes[0].customFunctions.namespace.id).toBe(NAMESPACE);
    const namespace = all("bt:String").find((element) => attribute(element, "id") === "Functions.Namespace");
    expect(attribute(namespace, "DefaultValue")).toBe(NAMESPACE);
  });

  it("are the same add-in with the same actions, buttons and shortcuts", () => {
    const [extension] = json.extensions;
    expect(json.id).toBe(all("Id")[0]?.textContent);
    expect(`${json.version}.0`).toBe(all("Version")[0]?.textContent);
    const buttons = extension.ribbons[0].tabs[0].groups[0].controls;
    const labels = all("Control").filter((control) => attribute(control, "xsi:type") === "Button");
    expect(labels.map((control) => attribute(control, "id"))).toEqual(
      buttons.map((button: { id: string }) => button.id),
    );
    const functions = [...new Set(all("FunctionName").map((element) => element.textContent))];
    const ids = extension.runtimes[0].actions.map((action: { id: string }) => action.id);
    expect(functions.filter((name) => !ids.includes(name))).toEqual([]);
    const keys = extension.keyboardShortcuts[0].shortcuts.map(
      ({ actionId, key }: { actionId: string; key: object }) => ({
        action: actionId,
        key,
      }),
    );
    expect(keys).toEqual(shortcuts.shortcuts);
    const known = shortcuts.actions.map((action: { id: string }) => action.id);
    expect(shortcuts.shortcuts.map((shortcut: { action: string }) => shortcut.action)).toEqual(known);
    const version = JSON.parse(readFileSync(resolve(addin, "package.json"), "utf8")).version;
    expect(json.version).toBe(version);
  });
});
