/** Filters, search and saved views of the queue. */

import { type FormEvent, type Ref, useEffect, useState } from "react";
import { useAdmin } from "./context";
import { words } from "./format";
import { Problem, useDeed, useLoaded } from "./loading";
import type { Facets, FilterName, Filters } from "./wire";

const CHOICES = ["workspace", "model", "kind", "outcome", "reason", "user"] as const;
const UNDECIDED = "undecided";

interface Props {
  readonly filters: Filters;
  readonly change: (filters: Filters) => void;
  readonly search: Ref<HTMLInputElement>;
}

export function FilterBar({ filters, change, search }: Props) {
  const { api } = useAdmin();
  const facets = useLoaded(api.facets, "facets");
  const [text, setText] = useState(filters.text ?? "");
  useEffect(() => setText(filters.text ?? ""), [filters.text]);
  const set = (name: FilterName, value: string) => {
    const { [name]: _, ...others } = filters;
    change(value === "" ? others : { ...others, [name]: value });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set("text", text.trim());
  };
  const isSet = Object.keys(filters).length > 0;
  return (
    <section className="filters" aria-label="Filters">
      <form onSubmit={submit} aria-label="Search">
        <input
          ref={search}
          type="search"
          aria-label="Search formulas, reasons, notes"
          placeholder="Search formulas, reasons, notes  ( / )"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            if (event.target.value === "") set("text", "");
          }}
        />
        <button type="submit">Search</button>
      </form>
      <div className="choices">
        {CHOICES.map((name) => (
          <Choice
            key={name}
            name={name}
            value={filters[name] ?? ""}
            options={options(name, facets.value)}
            change={(value) => set(name, value)}
          />
        ))}
        <Choice
          name="label"
          value={filters.label ?? ""}
          options={["good", "bad", "exclude", UNDECIDED]}
          change={(value) => set("label", value)}
        />
        {(["since", "until"] as const).map((name) => (
          <label key={name}>
            <span>{name}</span>
            <input
              type="date"
              value={filters[name] ?? ""}
              onChange={(event) => set(name, event.target.value)}
            />
          </label>
        ))}
        <button type="button" className="quiet-button" disabled={!isSet} onClick={() => change({})}>
          Clear
        </button>
      </div>
      <SavedViews filters={filters} change={change} />
      <Problem text={facets.problem} />
    </section>
  );
}

function options(name: (typeof CHOICES)[number], facets: Facets | null): readonly string[] {
  const known = facets?.[name] ?? [];
  return name === "outcome" ? [...known, UNDECIDED] : known;
}

interface ChoiceProps {
  readonly name: FilterName;
  readonly value: string;
  readonly options: readonly string[];
  readonly change: (value: string) => void;
}

function Choice({ name, value, options: offered, change }: ChoiceProps) {
  const all = value === "" || offered.includes(value) ? offered : [value, ...offered];
  return (
    <label className={value === "" ? "" : "set"}>
      <span>{name}</span>
      <select aria-label={name} value={value} onChange={(event) => change(event.target.value)}>
        <option value="">any</option>
        {all.map((option) => (
          <option key={option} value={option}>
            {words(option)}
          </option>
        ))}
      </select>
    </label>
  );
}

function SavedViews({ filters, change }: Pick<Props, "filters" | "change">) {
  const { api } = useAdmin();
  const views = useLoaded(api.views, "views");
  const deed = useDeed();
  const [name, setName] = useState("");
  const save = (event: FormEvent) => {
    event.preventDefault();
    deed.run(async () => {
      await api.saveView(name.trim(), filters);
      setName("");
      views.reload();
    });
  };
  return (
    <div className="views">
      <ul aria-label="Saved views">
        {views.value?.map((view) => (
          <li key={view.name}>
            <button type="button" className="small" onClick={() => change(view.filters)}>
              {view.name}
            </button>
            <button
              type="button"
              className="small drop"
              aria-label={`Forget the view ${view.name}`}
              onClick={() =>
                deed.run(async () => {
                  await api.dropView(view.name);
                  views.reload();
                })
              }
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      {Object.keys(filters).length > 0 && (
        <form onSubmit={save}>
          <input
            aria-label="Name for a view of these filters"
            placeholder="Save as a view…"
            value={name}
            maxLength={120}
            onChange={(event) => setName(event.target.value)}
          />
          <button type="submit" className="small" disabled={name.trim() === "" || deed.isBusy}>
            Save
          </button>
        </form>
      )}
      <Problem text={deed.problem ?? views.problem} />
    </div>
  );
}
