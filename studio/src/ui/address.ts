/** The view in the address, so that the browser's own back and forward work. */
import { takeLink } from "../state/share.ts";
import { useStudio, VIEWS } from "../state/store.ts";

export function followAddress(): void {
  const read = (): void => {
    const named = location.hash.replace(/^#\/?/, "").split("?")[0];
    const { view } = VIEWS.find((one) => one.view === named) ?? VIEWS[0];
    if (useStudio.getState().info !== undefined) void takeLink();
    if (useStudio.getState().view !== view) useStudio.setState({ view, looking: undefined });
  };
  read();
  addEventListener("hashchange", read);
  useStudio.subscribe(({ view }, before) => {
    if (view !== before.view && location.hash !== `#/${view}`) location.hash = `/${view}`;
  });
}
