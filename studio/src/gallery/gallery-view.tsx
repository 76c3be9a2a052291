import { useMemo, useState } from "react";
import { type KeptPicture, searchPictures } from "../state/library.ts";
import { set, shownLabel, useStudio } from "../state/store.ts";
import { BlobImage } from "../ui/blob-image.tsx";
import { Button, SearchField } from "../ui/controls.tsx";
import { dayName, sizeName } from "../ui/format.ts";
import { PictureDialog } from "./picture-dialog.tsx";

/** Everything that was drawn on this device, by day. */
export function GalleryView() {
  const pictures = useStudio((state) => state.pictures);
  const problem = useStudio((state) => state.libraryProblem);
  const looking = useStudio((state) => state.pictures.find(({ id }) => id === state.looking));
  const [search, setSearch] = useState("");
  const found = useMemo(() => searchPictures(pictures, search), [pictures, search]);
  const days = useMemo(() => byDay(found), [found]);
  return (
    <div className="gallery">
      <div className="gallery-head">
        <h2>Gallery</h2>
        {pictures.length > 0 && (
          <SearchField
            aria-label="Search pictures"
            placeholder="Class, size or seed"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        )}
        <p className="hint" role="status">
          {pictures.length === 0
            ? ""
            : search.trim() === ""
              ? `${pictures.length} ${pictures.length === 1 ? "picture" : "pictures"}, kept on this device only`
              : `${found.length} of ${pictures.length}`}
        </p>
      </div>
      {problem && (
        <p className="note bad" role="alert">
          {problem}
        </p>
      )}
      {pictures.length === 0 ? (
        <Empty />
      ) : found.length === 0 ? (
        <div className="welcome">
          <h3>Nothing matches “{search}”</h3>
          <p>Search for a class such as “heart”, a size such as “64x64”, or “seed” and a number.</p>
          <Button onClick={() => setSearch("")}>Show all {pictures.length}</Button>
        </div>
      ) : (
        days.map(([day, own]) => (
          <section key={day} aria-label={day}>
            <h3 className="day">{day}</h3>
            <ul className="shelf">
              {own.map((picture) => (
                <li key={picture.id}>
                  <Card picture={picture} />
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

function Card({ picture }: { picture: KeptPicture }) {
  const { image, label, request } = picture;
  const name = shownLabel(label);
  return (
    <button type="button" className="card" onClick={() => set({ looking: picture.id })}>
      <span className="card-picture">
        <BlobImage blob={image} alt="" />
      </span>
      <span className="card-name">{name}</span>
      <span className="card-more">
        {sizeName(request)}, seed {request.seed}
      </span>
    </button>
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
