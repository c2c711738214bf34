/** The compiler's proof that the real Office.js has all that `surface.ts` lists, as it lists it. */

import type {
  ExcelApi,
  OfficeApi,
  OfficeContext,
  OfficeRange,
  OfficeWorkbook,
  OfficeWorksheet,
} from "./surface";

type Holds<Real extends Listed, Listed> = Real;

export type Checks = [
  Holds<Excel.Range, OfficeRange>,
  Holds<Excel.Worksheet, OfficeWorksheet>,
  Holds<Excel.Workbook, OfficeWorkbook>,
  Holds<Excel.RequestContext, OfficeContext>,
  Holds<typeof Excel, ExcelApi>,
  Holds<typeof Office, OfficeApi>,
];
