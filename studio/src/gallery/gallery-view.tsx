import { useMemo, useState } from "react";
import { type KeptPicture, searchPictures } from "../state/library.ts";
import { set, shownLabel, useStudio } from "../state/store.ts";
import { BlobImage } from "../ui/blob-image.tsx";
import { Button, SearchField } from "../ui/controls.tsx";
import { dayName, sizeName } from "../ui/format.ts";
import { Icon } from "../ui/icons.tsx";
import { PictureDialog } from "./picture-dialog.tsx";
import { SelectionBar } from "./selection-bar.tsx";

/** Everything that was drawn on this device, by day. */
export function GalleryView() {
  const pictures = useStudio((state) => state.pictures);
  const problem = useStudio((state) => state.libraryProblem);
  const looking = useStudio((state) => state.pictures.find(({ id }) => id === state.looking));
  const [search, setSearch] = useState("");
  const [onlyFavourites, setOnlyFavourites] = useState(false);
  /** Ids of the pictures chosen; undefined while none are being chosen. */
  const [chosen, setChosen] = useState<ReadonlySet<string>>();
  const found = useMemo(
    () => searchPictures(pictures, search).filter(({ isFavourite }) => !onlyFavourites || isFavourite),
    [pictures, search, onlyFavourites],
  );
  const days = useMemo(() => byDay(found), [found]);
  const picked = found.filter(({ id }) => chosen?.has(id));
  const showAll = (): void => {
    setSearch("");
    setOnlyFavourites(false);
  };
  const toggle = (id: string): void =>
    setChosen((all) => new Set(all?.has(id) ? [...all].filter((one) => one !== id) : [...(all ?? []), id]));
  return (
    <div className="gallery">
      <div className="gallery-head">
        <h2>Gallery</h2>
        {pictures.length > 0 && (
          <SearchField
            aria-label="Search pictures"
            placeholder="Class, date, size or seed"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        )}
        <div className="row gallery-tools">
          {pictures.length > 0 && (
            <>
              <Button aria-pressed={onlyFavourites} onClick={() => setOnlyFavourites(!onlyFavourites)}>
                ★ Favourites
              </Button>
              <Button aria-pressed={chosen !== undefined} onClick={() => setChosen(chosen ? undefined : new Set())}>
                Choose several
              </Button>
            </>
          )}
          <ImportButton />
        </div>
        <p className="hint" role="status">
          {pictures.length === 0
            ? ""
            : found.length === pictures.length
              ? `${pictures.length} ${pictures.length === 1 ? "picture" : "pictures"}, kept on this device only`
              : `${found.length} of ${pictures.length}`}
        </p>
      </div>
      {chosen && (
        <SelectionBar
          chosen={picked}
          of={found.length}
          onAll={() => setChosen(new Set(picked.length === found.length ? [] : found.map(({ id }) => id)))}
          onDone={() => setChosen(undefined)}
        />
      )}
      {problem && (
        <p className="note bad" role="alert">
          {problem}
        </p>
      )}
      {pictures.length === 0 ? (
        <Empty />
      ) : found.length === 0 ? (
        <div className="welcome">
          <h3>{search === "" ? "No favourites yet" : `Nothing matches “${search}”`}</h3>
          <p>
            Search for a class such as “heart”, a day such as “2026-11-28” or “yesterday”, a month such as “november”, a
            size such as “64x64”, or “seed” and a number.
          </p>
          <Button onClick={showAll}>Show all {pictures.length}</Button>
        </div>
      ) : (
        days.map(([day, own]) => (
          <section key={day} aria-label={day}>
            <h3 className="day">{day}</h3>
            <ul className="shelf">
              {own.map((picture) => (
                <li key={picture.id}>
                  <Card picture={picture} chosen={chosen?.has(picture.id)} onChoose={() => toggle(picture.id)} />
                </li>
              ))}
            </ul>
          </section>
        ))
      )}
      {looking && <PictureDialog key={looking.id} picture={looking} onClose={() => set({ looking: undefined })} />}
    </div>
  );
}

interface CardProps {
  readonly picture: KeptPicture;
  /** Whether it is chosen; undefined where a click looks at it instead. */
  readonly chosen: boolean | undefined;
  onChoose(): void;
}

function Card({ picture, chosen, onChoose }: CardProps) {
  const { image, label, request, isFavourite } = picture;
  const look = (): void => set({ looking: picture.id });
  return (
    <button type="button" className="card" aria-pressed={chosen} onClick={chosen === undefined ? look : onChoose}>
      <span className="card-picture">
        <BlobImage blob={image} alt="" />
      </span>
      <span className="card-name">
        {shownLabel(label)}
        {isFavourite && (
          <>
            <span aria-hidden="true"> ★</span>
            <span className="hidden">, favourite</span>
          </>
        )}
      </span>
      <span className="card-more">
        {sizeName(request)}, seed {request.seed}
      </span>
    </button>
  );
}

/** Takes pictures of files that carry settings into the gallery. */
function ImportButton() {
  return (
    <label className="button">
      <Icon name="open" />
      Import
      <input
        type="file"
        accept="image/png"
        multiple
        className="hidden"
        aria-label="Import PNG files that carry settings"
        onChange={({ target }) => {
          const files = [...(target.files ?? [])];
          if (files.length > 0) void import("./import.ts").then(({ importPictures }) => importPictures(files));
          target.value = "";
        }}
      />
    </label>
  );
}

function Empty() {
  return (
    <div className="welcome">
      <div className="empty-shelf" aria-hidden="true">
        <span />
        <span />
        <span />
      </div>
      <h3>Your pictures will gather here</h3>
      <p>
        Every finished picture is kept on this device with all its scales and settings, so that you can look at how it
        grew, draw it again, or vary it. Nobody else sees them.
      </p>
      <Button icon="draw" kind="primary" onClick={() => set({ view: "create" })}>
        Draw the first
      </Button>
    </div>
  );
}

function byDay(pictures: readonly KeptPicture[]): [string, KeptPicture[]][] {
  const days = new Map<string, KeptPicture[]>();
  for (const picture of pictures) {
    const day = dayName(picture.createdAt);
    days.set(day, [...(days.get(day) ?? []), picture]);
  }
  return [...days];
}
