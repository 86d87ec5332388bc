// The icons, drawn on a grid of 20 with a stroke of 1.7: one path each. States have one of their own beside colour and
// word, so that nobody needs to tell colours apart.
export const icons = {
  idle: "M10 3.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M7 10.2l2.2 2.2L13.2 8",
  reserved: "M4 10h9M9.5 6l4 4-4 4M16.5 4.5v11",
  ringing: "M5 13.5h10l-1.3-2V8.500a3.7 3.7 0 0 0-7.4 0v3zM8.5 16a1.6 1.6 0 0 0 3 0M2.6 6.500a8 8 0 0 1 2-3M17.4 6.500a8 8 0 0 0-2-3",
  dialling: "M5.2 3.5 7.6 4l1 3.2-1.7 1.400a9 9 0 0 0 4.5 4.500l1.4-1.7 3.2 1 .5 2.400c-6 2.5-13.8-5.3-11.3-11.300M12 8l4.5-4.500M12.8 3.500h3.700v3.7",
  talking: "M5.2 3.5 7.6 4l1 3.2-1.7 1.400a9 9 0 0 0 4.5 4.500l1.4-1.7 3.2 1 .5 2.400c-6 2.5-13.8-5.3-11.3-11.300M12 4a4.5 4.5 0 0 1 4 4",
  holding: "M7 4.500v11M13 4.500v11",
  consulting: "M7 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M2.5 16c.4-3 2-4.5 4.5-4.500s4.1 1.5 4.5 4.500M13.5 9.500a2 2 0 1 0-.5-4M14 12c2 .2 3.2 1.5 3.5 4",
  wrap_up: "M4 16l.8-3.300L13 4.500l2.5 2.5-8.2 8.200zM11.5 6l2.5 2.5",
  on_break: "M4 7h10v4.500a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4zM14 8.500h1.200a1.8 1.8 0 0 1 0 3.600H14M7.5 2.500v2M10.5 2.500v2",
  away: "M15.8 12.200A6.3 6.3 0 0 1 7.8 4.200a6.3 6.3 0 1 0 8 8",
  signed_out: "M10 3v7M6 5.500a6 6 0 1 0 8 0",
  unreachable: "M3.5 3.500l13 13M8 5l2-2 7 7-2 2M5 8l-2 2 7 7 2-2",
  empty: "M5 10h10",
  floor: "M3 4h6v5H3zM11 4h6v5h-6zM3 11.500h6v5H3zM11 11.500h6v5h-6z",
  recordings: "M3 10h1.500M6.500 6.500v7M9.500 4v12M12.500 7v6M15.500 9v2M17.500 10h0.100",
  figures: "M3.500 16.500h13M5.500 14v-4M9 14V6M12.500 14V9M16 14V4.500",
  staffing: "M3 5h14v12H3zM3 9h14M7 2.500v4M13 2.500v4M6.500 13h2.500M11 13h2.500",
  wall: "M2.5 4h15v10h-15zM7 17h6M10 14v3M5.5 11V8.500M8.5 11V7M11.5 11V9M14.5 11V6.5",
  work: "M6 3.500h8M5 5h10v12H5zM8 9h4M8 12.500h4",
  admin: "M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4",
  alarm: "M10 3 17.5 16.500h-15zM10 8v4M10 14.200v.3",
  menu: "M3 5.500h14M3 10h14M3 14.500h14",
  close: "M5 5l10 10M15 5 5 15",
  sun: "M10 6.500a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.300l1.4 1.400M14.3 14.300l1.4 1.400M4.3 15.700l1.4-1.400M14.3 5.700l1.4-1.4",
  out: "M8 4H4v12h4M8.5 10H17M13.5 6.5 17 10l-3.5 3.5",
} as const;

export type IconName = keyof typeof icons;
