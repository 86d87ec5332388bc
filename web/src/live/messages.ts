// What leaders wrote to me and I have not read yet, oldest first. It comes with my pop, and again after a reload.
import { shallowRef } from "vue";

import type { components } from "../api/schema";
import type { Document } from "./patch";

export type Message = components["schemas"]["DeskMessage"];

export const messages = shallowRef<Message[]>([]);

export const showMessages = (told: Document[]): void => void (messages.value = told as unknown as Message[]);
