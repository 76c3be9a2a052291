import type { KeptPicture } from "../state/library.ts";
import { shownLabel } from "../state/store.ts";
import { BlobImage } from "../ui/blob-image.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { factsOf } from "./facts.ts";

/** Two pictures side by side, and in which settings they differ. */
export function CompareDialog({ pictures, onClose }: { pictures: readonly KeptPicture[]; onClose(): void }) {
  const all = pictures.map((picture) => new Map(factsOf(picture)));
  const terms = [...new Set(all.flatMap((facts) => [...facts.keys()]))];
  return (
    <Dialog title="Side by side" className="wide" onClose={onClose}>
      <div className="compared">
        {pictures.map(({ id, image, label }, i) => (
          <div key={id} className="look-picture">
            <BlobImage blob={image} alt={`${i === 0 ? "Left" : "Right"}: ${shownLabel(label)}`} />
          </div>
        ))}
      </div>
      <table className="differences">
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">Left</th>
            <th scope="col">Right</th>
          </tr>
        </thead>
        <tbody>
          {terms.map((term) => {
            const values = all.map((facts) => facts.get(term) ?? "–");
            return (
              <tr key={term} data-differs={values[0] !== values[1]}>
                <th scope="row">
                  {term}
                  {values[0] !== values[1] && <span className="hidden">, differs</span>}
                </th>
                {["left", "right"].map((side, i) => (
                  <td key={side}>{values[i]}</td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Dialog>
  );
}
