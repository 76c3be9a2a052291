import { lazy } from "react";
import { drawForm, stop } from "../state/actions.ts";
import { CONTROL } from "../state/commands.ts";
import { useStudio } from "../state/store.ts";
import { Button } from "../ui/controls.tsx";
import { showStage } from "../ui/in-view.ts";
import { MoreOptions } from "../ui/more-options.tsx";
import { TokenForm } from "../ui/token-form.tsx";
import { ClassPicker } from "./class-picker.tsx";
import { CountField, GuidanceField, SeedField, StepsField, StyleField } from "./fields.tsx";
import { ShapeField } from "./shape-field.tsx";
import { Stage } from "./stage.tsx";

const MoreFields = lazy(() => import("./more-fields.tsx"));

export function CreateView() {
  const info = useStudio((state) => state.info);
  const drawing = useStudio((state) => state.run?.status === "drawing");
  const model = useStudio((state) => state.model);
  const moreSet = useStudio((state) => Object.keys(state.form.more).length);
  if (info === undefined)
    return model.status === "failed" && model.needsToken ? (
      <section className="stage" aria-label="Picture">
        <TokenForm text={model.message} />
      </section>
    ) : (
      <div className="waiting" role="status">
        Opening the studio…
      </div>
    );
  return (
    <div className="create">
      <form
        className="panel"
        aria-label="What to draw"
        onSubmit={(event) => {
          event.preventDefault();
          if (drawing) return stop();
          showStage();
          void drawForm();
        }}
      >
        <div className="panel-scroll">
          <ClassPicker info={info} />
          <StyleField info={info} />
          <ShapeField info={info} />
          <StepsField info={info} />
          <GuidanceField />
          <SeedField />
          <CountField />
          <MoreOptions set={moreSet}>
            <MoreFields />
          </MoreOptions>
        </div>
        <div className="panel-foot">
          <Button type="submit" icon={drawing ? "stop" : "draw"} kind={drawing ? "big" : "primary big"}>
            {drawing ? "Stop" : "Draw"}
            <span className="button-keys" aria-hidden="true">
              {drawing ? "Esc" : `${CONTROL} ⏎`}
            </span>
          </Button>
        </div>
      </form>
      <Stage info={info} />
    </div>
  );
}
