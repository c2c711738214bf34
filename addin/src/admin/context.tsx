/** What every view of the admin page needs: the server and who is there. */

import { createContext, use } from "react";
import type { Api } from "./api";
import type { Me } from "./wire";

export interface AdminPage {
  readonly api: Api;
  readonly me: Me;
}

export const AdminContext = createContext<AdminPage | null>(null);

export function useAdmin(): AdminPage {
  const page = use(AdminContext);
  if (!page) throw new Error("expected a component inside AdminContext");
  return page;
}
