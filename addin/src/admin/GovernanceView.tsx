/** What workspaces consent to, who has a token, deletion on request. */

import { type FormEvent, useState } from "react";
import { useAdmin } from "./context";
import { count } from "./format";
import { Problem, Ready, useDeed, useLoaded } from "./loading";
import type { Deletion, Person, Workspace } from "./wire";

const CONSENTS = ["full", "redacted", "none"] as const;

export function GovernanceView() {
  return (
    <div className="stack">
      <Workspaces />
      <People />
      <Deletions />
    </div>
  );
}

function Workspaces() {
  const { api } = useAdmin();
  const workspaces = useLoaded(api.workspaces, "workspaces");
  return (
    <section aria-labelledby="workspaces">
      <h2 id="workspaces">Workspaces</h2>
      <p className="quiet">
        Full keeps cell contents and what the model read, redacted keeps formulas with blanked literals, none
        keeps nothing. What is older than the retention is deleted once a day.
      </p>
      <Ready of={workspaces}>
        {(known) =>
          known.length === 0 ? (
            <p className="quiet empty">No workspace has records yet.</p>
          ) : (
            <ul className="cards">
              {known.map((workspace) => (
                <li key={workspace.name}>
                  <WorkspaceForm workspace={workspace} done={workspaces.reload} />
                </li>
              ))}
            </ul>
          )
        }
      </Ready>
    </section>
  );
}

function WorkspaceForm({ workspace, done }: { workspace: Workspace; done: () => void }) {
  const { api } = useAdmin();
  const [consent, setConsent] = useState(workspace.consent);
  const [days, setDays] = useState(workspace.retention_days === null ? "" : String(workspace.retention_days));
  const [percent, setPercent] = useState(String(Math.round(workspace.exploration * 1000) / 10));
  const deed = useDeed();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    deed.run(async () => {
      await api.setWorkspace({
        name: workspace.name,
        consent,
        retention_days: days === "" ? null : Number(days),
        exploration: Number(percent) / 100,
      });
      done();
    });
  };
  const isSame =
    consent === workspace.consent &&
    days === (workspace.retention_days === null ? "" : String(workspace.retention_days)) &&
    Number(percent) === Math.round(workspace.exploration * 1000) / 10;
  return (
    <form className="card-form" onSubmit={submit} aria-label={`Workspace ${workspace.name}`}>
      <h3>{workspace.name}</h3>
      <div className="choices">
        <label>
          <span>keeps</span>
          <select value={consent} onChange={(event) => setConsent(event.target.value as typeof consent)}>
            {CONSENTS.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          <span>for days</span>
          <input
            type="number"
            min={1}
            placeholder="for good"
            value={days}
            onChange={(event) => setDays(event.target.value)}
          />
        </label>
        <label>
          <span>explores, %</span>
          <input
            type="number"
            min={0}
            max={50}
            step={0.1}
            value={percent}
            onChange={(event) => setPercent(event.target.value)}
          />
        </label>
        <button type="submit" disabled={isSame || deed.isBusy}>
          Save
        </button>
      </div>
      <Problem text={deed.problem} />
    </form>
  );
}

function People() {
  const { api, me } = useAdmin();
  const people = useLoaded(api.people, "people");
  const deed = useDeed();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Person["role"]>("user");
  const [told, setTold] = useState<{ name: string; token: string } | null>(null);
  const add = (event: FormEvent) => {
    event.preventDefault();
    deed.run(async () => {
      const { token } = await api.addPerson(name.trim(), role);
      setTold({ name: name.trim(), token });
      setName("");
      people.reload();
    });
  };
  return (
    <section aria-labelledby="people">
      <h2 id="people">People</h2>
      <p className="quiet">With a token of their own, people’s decisions and labels carry their names.</p>
      <form className="choices" onSubmit={add} aria-label="Add a person">
        <label>
          <span>name</span>
          <input value={name} maxLength={120} onChange={(event) => setName(event.target.value)} />
        </label>
        <label>
          <span>role</span>
          <select value={role} onChange={(event) => setRole(event.target.value as Person["role"])}>
            <option>user</option>
            <option>admin</option>
          </select>
        </label>
        <button type="submit" disabled={name.trim() === "" || deed.isBusy}>
          Give a token
        </button>
      </form>
      {told !== null && (
        <p className="notice" role="status">
          The token of {told.name}, shown this once: <code className="token">{told.token}</code>
        </p>
      )}
      <Problem text={deed.problem} />
      <Ready of={people}>
        {(known) => (
          <ul className="events">
            {known.map((person) => (
              <li key={person.name}>
                <span className="chip">{person.role}</span>
                <span>{person.name}</span>
                {person.name !== me.name && (
                  <button
                    type="button"
                    className="small"
                    aria-label={`Take ${person.name}’s token back`}
                    disabled={deed.isBusy}
                    onClick={() =>
                      deed.run(async () => {
                        await api.removePerson(person.name);
                        people.reload();
                      })
                    }
                  >
                    Take back
                  </button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Ready>
    </section>
  );
}

function Deletions() {
  const { api } = useAdmin();
  const deed = useDeed();
  const [workspace, setWorkspace] = useState("");
  const [user, setUser] = useState("");
  const [before, setBefore] = useState("");
  const [counted, setCounted] = useState<Deletion | null>(null);
  const [done, setDone] = useState<Deletion | null>(null);
  const scope = (): Record<string, string> => ({
    ...(workspace ? { workspace } : {}),
    ...(user ? { user } : {}),
    ...(before ? { before: `${before}T00:00:00Z` } : {}),
  });
  const change = (set: (value: string) => void) => (value: string) => {
    set(value);
    setCounted(null);
    setDone(null);
  };
  const run = (write: boolean) =>
    deed.run(async () => {
      const found = await api.delete(scope(), write);
      setCounted(write ? null : found);
      setDone(write ? found : null);
    });
  const fields = [
    ["workspace", workspace, change(setWorkspace), "text"],
    ["person", user, change(setUser), "text"],
    ["before", before, change(setBefore), "date"],
  ] as const;
  return (
    <section aria-labelledby="deletion">
      <h2 id="deletion">Deletion on request</h2>
      <form
        className="choices"
        aria-label="Delete feedback"
        onSubmit={(event) => {
          event.preventDefault();
          run(false);
        }}
      >
        {fields.map(([name, value, set, type]) => (
          <label key={name}>
            <span>{name}</span>
            <input type={type} value={value} onChange={(event) => set(event.target.value)} />
          </label>
        ))}
        <button type="submit" disabled={deed.isBusy || Object.keys(scope()).length === 0}>
          Count
        </button>
      </form>
      <Problem text={deed.problem} />
      {counted !== null && (
        <p className="notice warning">
          <Told what={counted} /> would be deleted for good.{" "}
          <button
            type="button"
            className="small"
            disabled={deed.isBusy || counted.requests + counted.outcomes + counted.labels === 0}
            onClick={() => run(true)}
          >
            Delete
          </button>
        </p>
      )}
      {done !== null && (
        <p className="notice" role="status">
          <Told what={done} /> are deleted.
        </p>
      )}
    </section>
  );
}

function Told({ what }: { what: Deletion }) {
  return (
    <>
      {count(what.requests)} requests with {count(what.suggestions)} suggestions, {count(what.outcomes)}{" "}
      outcomes and {count(what.labels)} labels
      {what.adapters.length > 0 && <> (learned from by {what.adapters.join(", ")})</>}
    </>
  );
}
