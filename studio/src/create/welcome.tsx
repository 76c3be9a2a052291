import type { ModelInfo } from "../backend/types.ts";
import { drawForm } from "../state/actions.ts";
import { setForm, shownLabel } from "../state/store.ts";
import { megabytes } from "../ui/format.ts";
import { ClassPicture } from "./class-picker.tsx";

/** How many classes the first screen suggests. */
const SUGGESTED = 6;

/** The empty stage: what will happen here, and a first step. */
export function Welcome({ info }: { info: ModelInfo }) {
  const suggested = suggestions(info.labels);
  return (
    <div className="welcome">
      <GrowingGrid />
      <h2>Watch a picture grow</h2>
      <p>
        The model draws the whole picture at every scale, from a single token to {info.trainedSide}×{info.trainedSide}.
        Choose a class and press Draw, or begin with one of these. A picture that was drawn here brings its settings
        back when it is dropped on the page.
      </p>
      <ul className="suggestions">
        {suggested.map((id) => (
          <li key={id}>
            <button
              type="button"
              className="suggestion"
              onClick={() => {
                setForm({ classId: id });
                void drawForm();
              }}
            >
              <ClassPicture info={info} id={id} />
              <span>{shownLabel(info.labels[id]!)}</span>
            </button>
          </li>
        ))}
      </ul>
      {!info.downloaded && info.downloadBytes > 0 && (
        <p className="hint">
          Everything is computed in this browser and nothing is sent anywhere. The first drawing downloads{" "}
          {megabytes(info.downloadBytes)} once; afterwards the studio works offline.
        </p>
      )}
    </div>
  );
}

/** What the emoji model draws well. */
const DRAWN_WELL = ["cat face", "red heart", "pizza", "strawberry", "penguin", "automobile"];

/** Classes for a first drawing: of another model's, some spread over the list, one word first, since those are the easiest to picture. */
function suggestions(labels: readonly string[]): number[] {
  const known = DRAWN_WELL.map((label) => labels.indexOf(label));
  if (known.every((id) => id >= 0)) return known;
  const ids = labels.map((_, id) => id);
  const short = ids.filter((id) => !/[-_ ]/.test(labels[id]!));
  const from = short.length >= SUGGESTED ? short : ids;
  const stride = Math.max(1, Math.floor(from.length / SUGGESTED));
  return from.filter((_, i) => i % stride === Math.floor(stride / 2)).slice(0, SUGGESTED);
}

/** Grids of 1, 2, 4 and 8 cells on a side. */
function GrowingGrid() {
  return (
    <div className="growing" aria-hidden="true">
      {[1, 2, 4, 8].map((side) => (
        <span key={side} style={{ ["--side" as string]: side }} />
      ))}
    </div>
  );
}
