/** Messages by key, with parameters and plurals; the catalogue is chosen by the language of the host. */

import { en } from "./en";

export type MessageKey = keyof typeof en;
type Plural = { readonly one: string; readonly other: string; readonly [category: string]: string };
export type Message = string | Plural;
export type Catalogue = { readonly [Key in MessageKey]: (typeof en)[Key] extends string ? string : Plural };
export type Parameters = Readonly<Record<string, string | number>>;
export type Translate = (key: MessageKey, parameters?: Parameters) => string;

/** Language -> its catalogue. English is complete and stands in for the others. */
const catalogues: Record<string, Catalogue> = { en };

export function translator(locale: string): Translate {
  const language = locale.split("-")[0] ?? "en";
  const catalogue = catalogues[language] ?? en;
  const spoken = catalogue === en ? "en" : locale;
  const plurals = new Intl.PluralRules(spoken);
  const numbers = new Intl.NumberFormat(spoken);
  return (key, parameters = {}) => {
    const message: Message = catalogue[key];
    const count = parameters.count;
    const text =
      typeof message === "string"
        ? message
        : ((typeof count === "number" ? message[plurals.select(count)] : undefined) ?? message.other);
    return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
      const value = parameters[name];
      if (value === undefined) return whole;
      return typeof value === "number" ? numbers.format(value) : value;
    });
  };
}
