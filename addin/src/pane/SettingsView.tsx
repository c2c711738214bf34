/** Where the server is, what it may keep, what may be suggested, how things look. */

import { type FormEvent, useId, useState } from "react";
import { serverAddress, type Theme } from "../client/settings";
import { usePane } from "./context";

export function SettingsView() {
  return (
    <section className="settings">
      <Connection />
      <Workspace />
      <Suggestions />
      <Stored />
      <Appearance />
      <About />
    </section>
  );
}

function Connection() {
  const { session, state, t } = usePane();
  const [server, setServer] = useState(state.preferences.server);
  const [token, setToken] = useState(state.preferences.token);
  const [isWrong, setWrong] = useState(false);
  const id = useId();
  const connect = (event: FormEvent) => {
    event.preventDefault();
    const address = serverAddress(server);
    setWrong(address === null);
    if (address === null) return;
    setServer(address);
    session.prefer({ server: address, token: token.trim() });
    session.retryNow();
  };
  return (
    <form className="group" onSubmit={connect} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{t("settings.connection")}</h2>
      <label htmlFor={`${id}-server`}>{t("settings.server")}</label>
      <input
        id={`${id}-server`}
        type="text"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        value={server}
        aria-invalid={isWrong}
        aria-describedby={isWrong ? `${id}-wrong` : undefined}
        onChange={(event) => setServer(event.target.value)}
      />
      {isWrong && (
        <p id={`${id}-wrong`} className="notice danger" role="alert">
          {t("settings.server.invalid")}
        </p>
      )}
      <label htmlFor={`${id}-token`}>{t("settings.token")}</label>
      <input
        id={`${id}-token`}
        type="password"
        autoComplete="off"
        value={token}
        aria-describedby={`${id}-hint`}
        onChange={(event) => setToken(event.target.value)}
      />
      <p id={`${id}-hint`} className="hint">
        {t("settings.token.hint")}
      </p>
      <button type="submit" className="primary">
        {t("settings.connect")}
      </button>
    </form>
  );
}

function Workspace() {
  const { session, state, t } = usePane();
  const { settings } = state;
  const id = useId();
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = new FormData(event.currentTarget).get("workspace");
    if (typeof name === "string" && name.trim() !== "") void session.change({ workspace: name.trim() });
  };
  return (
    <form className="group" onSubmit={save} key={settings?.workspace ?? ""}>
      <h2>{t("settings.workspace")}</h2>
      <label htmlFor={`${id}-name`}>{t("settings.workspace.name")}</label>
      <div className="field-row">
        <input
          id={`${id}-name`}
          name="workspace"
          type="text"
          maxLength={80}
          disabled={!settings}
          defaultValue={settings?.workspace ?? ""}
        />
        <button type="submit" disabled={!settings}>
          {t("settings.save")}
        </button>
      </div>
      {!settings && <p className="hint">{t("settings.offline")}</p>}
    </form>
  );
}

function Tick({
  label,
  isOn,
  isDisabled,
  onChange,
}: {
  label: string;
  isOn: boolean;
  isDisabled: boolean;
  onChange: (isOn: boolean) => void;
}) {
  return (
    <label className="tick">
      <input
        type="checkbox"
        checked={isOn}
        disabled={isDisabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}

function Suggestions() {
  const { session, state, t } = usePane();
  const { settings, welcome } = state;
  const name = useId();
  return (
    <div className="group">
      <h2>{t("settings.suggestions")}</h2>
      <Tick
        label={t("settings.on_selection")}
        isOn={settings?.suggests_on_selection ?? false}
        isDisabled={!settings}
        onChange={(isOn) => void session.change({ suggests_on_selection: isOn })}
      />
      <Tick
        label={t("settings.use_model")}
        isOn={settings?.use_model ?? false}
        isDisabled={!settings || welcome?.model === null}
        onChange={(isOn) => void session.change({ use_model: isOn })}
      />
      {welcome?.model === null && <p className="hint">{t("settings.use_model.none")}</p>}
      <fieldset disabled={!settings}>
        <legend>{t("settings.risky")}</legend>
        {(["refuse", "confirm"] as const).map((rule) => (
          <label key={rule} className="tick">
            <input
              type="radio"
              name={name}
              checked={settings?.risky_functions === rule}
              onChange={() => void session.change({ risky_functions: rule })}
            />
            {t(`settings.risky.${rule}`)}
          </label>
        ))}
      </fieldset>
    </div>
  );
}

function Stored() {
  const { session, state, t } = usePane();
  const { settings } = state;
  return (
    <div className="group">
      <h2>{t("settings.stored")}</h2>
      <Tick
        label={t("settings.keep")}
        isOn={settings?.keep_cell_contents ?? false}
        isDisabled={!settings}
        onChange={(isOn) => void session.change({ keep_cell_contents: isOn })}
      />
      {settings && (
        <p className="hint">{t(settings.keep_cell_contents ? "settings.keep.on" : "settings.keep.off")}</p>
      )}
    </div>
  );
}

function Appearance() {
  const { session, state, t } = usePane();
  const id = useId();
  const locale = session.host.formulaLanguage;
  return (
    <div className="group">
      <h2>{t("settings.appearance")}</h2>
      <label htmlFor={`${id}-theme`}>{t("settings.theme")}</label>
      <select
        id={`${id}-theme`}
        value={state.preferences.theme}
        onChange={(event) => session.prefer({ theme: event.target.value as Theme })}
      >
        {(["system", "light", "dark"] as const).map((theme) => (
          <option key={theme} value={theme}>
            {t(`settings.theme.${theme}`)}
          </option>
        ))}
      </select>
      {!locale.startsWith("en") && (
        <fieldset>
          <legend>{t("settings.formulas")}</legend>
          {[true, false].map((isLocal) => (
            <label key={String(isLocal)} className="tick">
              <input
                type="radio"
                name={`${id}-formulas`}
                checked={state.preferences.localFormulas === isLocal}
                onChange={() => session.prefer({ localFormulas: isLocal })}
              />
              {isLocal ? t("settings.formulas.local", { locale }) : t("settings.formulas.english")}
            </label>
          ))}
        </fieldset>
      )}
    </div>
  );
}

function About() {
  const { session, state, t } = usePane();
  const { welcome } = state;
  const { host } = session;
  return (
    <div className="group about">
      <h2>{t("settings.about")}</h2>
      {welcome && (
        <>
          <p>
            {t("settings.about.server", {
              version: welcome.server_version,
              protocol: String(welcome.protocol),
            })}
          </p>
          <p>
            {welcome.model
              ? t("settings.about.model", { name: welcome.model.name, hash: welcome.model.hash.slice(0, 8) })
              : t("settings.about.model.none")}
          </p>
          <p>{t("settings.about.limits", { cells: welcome.limits.max_cells })}</p>
        </>
      )}
      <p>
        {t("settings.about.host", {
          host: `${host.kind} ${host.platform}`,
          sets: host.abilities.sets.join(", ") || "–",
        })}
      </p>
    </div>
  );
}
