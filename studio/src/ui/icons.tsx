/** Icons drawn here, 24 units square, in the colour of the text around them. */
const PATHS = {
  draw: "M5 19l1-4L16 5l3 3L9 18l-4 1zM14 7l3 3",
  edit: "M4 20h16M6 16l8.5-8.5 3 3L9 19H6v-3z",
  gallery: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  dice: "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01",
  download: "M12 4v11m0 0l-4-4m4 4l4-4M5 20h14",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  repeat: "M4 11a7 7 0 0 1 12-4l3 3m0-5v5h-5M20 13a7 7 0 0 1-12 4l-3-3m0 5v-5h5",
  vary: "M4 7h4l8 10h4m0 0l-3-3m3 3l-3 3M4 17h4l2-2.5M14 9.5L16 7h4m0 0l-3-3m3 3l-3 3",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  close: "M6 6l12 12M18 6L6 18",
  stop: "M7 7h10v10H7z",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M5.6 18.4L7 17M17 7l1.4-1.4",
  moon: "M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z",
  auto: "M12 4a8 8 0 1 0 0 16V4z",
  keys: "M3 7h18v10H3zM7 11h.01M11 11h.01M15 11h.01M8 14h8",
  undo: "M9 7L5 11l4 4M5 11h9a5 5 0 0 1 0 10h-3",
  redo: "M15 7l4 4-4 4M19 11h-9a5 5 0 0 0 0 10h3",
  brush: "M20 4L10 14M8 14c-3 0-2 4-5 5 4 2 8 1 8-2a3 3 0 0 0-3-3z",
  eraser: "M8 20h12M4 15l9-9 6 6-7 7H8l-4-4zM9 10l6 6",
  rect: "M5 6h14v12H5z",
  lasso: "M12 15c5 0 8-2 8-5s-3-5-8-5-8 2-8 5 2 5 6 5c-2 2-1 4-3 5",
  open: "M4 7h6l2 2h8v10H4z",
  sharpen: "M12 4l2.2 5.8L20 12l-5.8 2.2L12 20l-2.2-5.8L4 12l5.8-2.2z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** Squares inside squares: a picture growing scale by scale. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false" className="mark">
      <rect width="32" height="32" rx="8" className="mark-ground" />
      <rect x="6" y="6" width="20" height="20" rx="3" className="mark-line" strokeOpacity=".5" />
      <rect x="6" y="12" width="14" height="14" rx="2.5" className="mark-line" strokeOpacity=".8" />
      <rect x="6" y="18" width="8" height="8" rx="2" className="mark-dot" />
    </svg>
  );
}
