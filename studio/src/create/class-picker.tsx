import { type CSSProperties, type KeyboardEvent, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import type { ModelInfo } from "../backend/types.ts";
import type { KeptPicture } from "../state/library.ts";
import { setForm, shownLabel, useStudio } from "../state/store.ts";
import { BlobImage } from "../ui/blob-image.tsx";
import { SearchField } from "../ui/controls.tsx";

/** Tiles that a page begins with: more than the list shows at once. Those of a thousand classes would keep it from answering. */
const FIRST_TILES = 60;

/** Choosing a class by name, each with a picture that the model drew of it. */
export function ClassPicker({ info }: { info: ModelInfo }) {
  const chosen = useStudio((state) => state.form.classId);
  const [search, setSearch] = useState("");
  const [group, setGroup] = useState<string>();
  const list = useRef<HTMLDivElement>(null);
  const found = useMemo(() => classesFound(info, search, group), [info, search, group]);
  const tiles = useDeferredValue(found, found.slice(0, FIRST_TILES));
  // biome-ignore lint/correctness/useExhaustiveDependencies: both say that another tile may be the chosen one, or lie elsewhere.
  useEffect(() => showChosen(list.current!), [chosen, tiles]);
  const keys = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (found[0]) setForm({ classId: found[0].id });
    }
    if (event.key === "ArrowDown") {
      event.preventDefault();
      list.current?.querySelector("input")?.focus();
    }
  };
  const showAll = (): void => {
    setSearch("");
    setGroup(undefined);
  };
  return (
    <fieldset className="field class-field">
      <legend>
        Class <output className="value">{shownLabel(info.labels[chosen] ?? "")}</output>
      </legend>
      <SearchField
        aria-label="Search classes"
        placeholder={`Search ${info.labels.length} classes`}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        onKeyDown={keys}
      />
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
        {tiles.map(({ id, name }) => (
          <label key={id} className="class-tile" title={name}>
            <input type="radio" name="class" checked={chosen === id} onChange={() => setForm({ classId: id })} />
            <ClassPicture info={info} id={id} />
            <span className="class-name">{name}</span>
          </label>
        ))}
      </div>
      {found.length === 0 && (
        <p className="note" role="status">
          <NearNames info={info} search={search} onChoose={setSearch} />
          No class{group === undefined ? "" : ` of “${shownLabel(group)}”`} is called “{search}”.{" "}
          <button type="button" className="link" onClick={showAll}>
            Show all {info.labels.length}
          </button>
        </p>
      )}
    </fieldset>
  );
}

/** Classes that a search may have meant. */
function NearNames({ info, search, onChoose }: { info: ModelInfo; search: string; onChoose(name: string): void }) {
  const [near, setNear] = useState<readonly string[]>([]);
  useEffect(() => {
    let isLate = false;
    void import("./near.ts").then(({ nearLabels }) => !isLate && setNear(nearLabels(search, info.labels)));
    return () => {
      isLate = true;
    };
  }, [search, info]);
  if (near.length === 0) return null;
  return (
    <span className="near-names">
      Did you mean{" "}
      {near.map((label) => (
        <button
          key={label}
          type="button"
          className="link"
          onClick={() => {
            setForm({ classId: info.labels.indexOf(label) });
            onChoose(shownLabel(label));
          }}
        >
          {shownLabel(label)}
        </button>
      ))}
      ?{" "}
    </span>
  );
}

/** Classes whose name holds every word of the search; of one group, where one is chosen. */
function classesFound({ groups, labels }: ModelInfo, search: string, group: string | undefined) {
  const words = search
    .toLowerCase()
    .split(/[\s_-]+/)
    .filter(Boolean);
  const ids = groups.find(({ name }) => name === group)?.ids ?? labels.keys();
  return Array.from(ids, (id) => ({ id, name: shownLabel(labels[id] ?? "") })).filter(({ name }) =>
    words.every((word) => name.toLowerCase().includes(word)),
  );
}

/** Brings the chosen tile into sight. Only the list scrolls: `scrollIntoView` would move the page as well. */
function showChosen(list: HTMLElement): void {
  const tile = list.querySelector<HTMLElement>(".class-tile:has(input:checked)");
  if (!tile) return;
  const { offsetTop: top, offsetHeight: height } = tile;
  if (top < list.scrollTop || top + height > list.scrollTop + list.clientHeight)
    list.scrollTop = top - (list.clientHeight - height) / 2;
}

type Pictures = readonly KeptPicture[];

const drawnOfGallery = new WeakMap<Pictures, Map<string, Blob>>();

/** The newest drawing of each class by a model, of a gallery that is sorted newest first. */
function drawnOf(pictures: Pictures, model: string): Map<string, Blob> {
  const known = drawnOfGallery.get(pictures);
  if (known !== undefined) return known;
  const drawn = new Map<string, Blob>();
  for (const { task, label, image, model: own } of pictures)
    if (task === "draw" && own === model && !drawn.has(label)) drawn.set(label, image);
  drawnOfGallery.set(pictures, drawn);
  return drawn;
}

/** The class's tile of the example sheet; without one the newest drawing of it in the gallery, or its first letter. */
export function ClassPicture({ info, id }: { info: ModelInfo; id: number }) {
  const { examples, labels, name } = info;
  const drawn = useStudio(({ pictures }) =>
    examples === undefined ? drawnOf(pictures, name).get(labels[id] ?? "") : undefined,
  );
  if (drawn !== undefined)
    return (
      <span className="class-picture">
        <BlobImage blob={drawn} alt="" />
      </span>
    );
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
