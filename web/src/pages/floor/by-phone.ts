// The one listening by telephone that this page began; it goes on while dialogs close and open.
import { ref } from "vue";

export type Mode = "listen" | "whisper" | "barge_in";
export const byPhone = ref<{ id: string; call: string; mode: Mode; beganMs: number } | null>(null);
