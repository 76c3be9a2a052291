import { type CSSProperties, useEffect, useMemo, useRef, useState } from "react";
import type { ModelInfo } from "../backend/types.ts";
import { setForm, shownLabel, useStudio } from "../state/store.ts";
import { Icon } from "../ui/icons.tsx";

/** Choosing a class by name, each with a picture that the model drew of it. */
export function ClassPicker({ info }: { info: ModelInfo }) {
  const chosen = useStudio((state) => state.form.classId);
  const [search, setSearch] = useState("");
  const [group, setGroup] = useState<string>();
  const list = useRef<HTMLDivElement>(null);
  const found = useMemo(() => {
    const words = search
      .toLowerCase()
      .split(/[\s_-]+/)
      .filter(Boolean);
    const members = info.groups.find(({ name }) => name === group)?.ids;
    return (members ?? info.labels.map((_, id) => id))
      .map((id) => ({ id, name: shownLabel(info.labels[id] ?? "") }))
      .filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  }, [info, search, group]);
  // Only the list scrolls: `scrollIntoView` would move the page as well.
  // biome-ignore lint/correctness/useExhaustiveDependencies: both say that another tile may be the chosen one, or lie elsewhere.
  useEffect(() => {
    const own = list.current;
    const tile = own?.querySelector<HTMLElement>(".class-tile:has(input:checked)");
    if (!own || !tile) return;
    const { offsetTop: top, offsetHeight: height } = tile;
    if (top < own.scrollTop || top + height > own.scrollTop + own.clientHeight)
      own.scrollTop = top - (own.clientHeight - height) / 2;
  }, [chosen, found]);
  return (
    <fieldset className="field class-field">
      <legend>
        Class <output className="value">{shownLabel(info.labels[chosen] ?? "")}</output>
      </legend>
      <div className="search">
        <Icon name="search" size={18} />
        <input
          type="search"
          aria-label="Search classes"
          placeholder={`Search ${info.labels.length} classes`}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
              event.preventDefault();
              if (found[0]) setForm({ classId: found[0].id });
            }
            if (event.key === "ArrowDown") {
              event.preventDefault();
              list.current?.querySelector("input")?.focus();
            }
          }}
        />
      </div>
      {info.groups.length > 0 && (
        <ul className="group-chips" aria-label="Groups of classes">
          {info.groups.map(({ name }) => (
            <li key={name}>
              <button
                type="button"
                className="group-chip"
                aria-pressed={group === name}
                onClick={() => setGroup(group === name ? undefined : name)}
              >
                {shownLabel(name)}
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="classes" ref={list}>
        {found.map(({ id, name }) => (
          <label key={id} className="class-tile" title={name}>
            <input type="radio" name="class" checked={chosen === id} onChange={() => setForm({ classId: id })} />
            <ClassPicture info={info} id={id} />
            <span className="class-name">{name}</span>
          </label>
        ))}
      </div>
      {found.length === 0 && (
        <p className="note" role="status">
          No class{group === undefined ? "" : ` of “${shownLabel(group)}”`} is called “{search}”.{" "}
          <button
            type="button"
            className="link"
            onClick={() => {
              setSearch("");
              setGroup(undefined);
            }}
          >
            Show all {info.labels.length}
          </button>
        </p>
      )}
    </fieldset>
  );
}

/** The class's tile of the example sheet, or its first letter. */
export function ClassPicture({ info, id }: { info: ModelInfo; id: number }) {
  const { examples, labels } = info;
  if (examples === undefined)
    return (
      <span className="class-picture letter" aria-hidden="true">
        {shownLabel(labels[id] ?? "?").charAt(0)}
      </span>
    );
  const { address, columns, rows } = examples;
  const at = (index: number, count: number): string => `${count > 1 ? (100 * index) / (count - 1) : 0}%`;
  const style: CSSProperties = {
    backgroundImage: `url("${address}")`,
    backgroundSize: `${columns * 100}% ${rows * 100}%`,
    backgroundPosition: `${at(id % columns, columns)} ${at(Math.floor(id / columns), rows)}`,
  };
  return <span className="class-picture" style={style} aria-hidden="true" />;
}
