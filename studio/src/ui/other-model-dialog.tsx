import { fitted, takeFitted } from "../state/repeat.ts";
import { shownLabel, useStudio } from "../state/store.ts";
import { Button } from "./controls.tsx";
import { Dialog } from "./dialog.tsx";

/** Says that a picture is another model's, and what can be done. */
export function OtherModelDialog({ onClose }: { onClose(): void }) {
  const info = useStudio((state) => state.info)!;
  const recipe = useStudio((state) => state.otherModel)!;
  const inBrowser = useStudio((state) => state.backend?.kind === "browser");
  const { label, model } = recipe;
  const theirs =
    model === undefined ? "another model" : model === info.name ? `another version of ${model}` : `the model ${model}`;
  const request = fitted(recipe, info);
  return (
    <Dialog title="Another model drew this" onClose={onClose}>
      <p>
        {shownLabel(label)} was drawn by {theirs}, which is not here: this {inBrowser ? "site" : "server"} has{" "}
        {info.name} alone. With {info.name} the same settings give another picture, so nothing was drawn.
      </p>
      <p className="note">
        {request === undefined
          ? `${info.name} has no class “${shownLabel(label)}”.`
          : "Class, shape, steps, guidance and seed can be brought into the form as far as this model can follow them."}
        {!inBrowser && model !== undefined && model !== info.name && (
          <>
            {" "}
            To repeat it exactly, start the studio with <code>flexvar studio --model {model}</code>.
          </>
        )}
      </p>
      <div className="row end">
        <Button onClick={onClose}>Leave it</Button>
        {request !== undefined && (
          <Button
            kind="primary"
            onClick={() => {
              onClose();
              takeFitted(request);
            }}
          >
            Bring them into the form
          </Button>
        )}
      </div>
    </Dialog>
  );
}
