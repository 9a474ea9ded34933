"""Writes the cells of a file of tab-separated values with openpyxl in its write_only mode."""
import sys
import openpyxl

book = openpyxl.Workbook(write_only=True)
sheet = book.create_sheet("Provisioned products")
with open(sys.argv[1], encoding="utf-8", newline="\n") as cells:
    for line in cells:
        sheet.append([v[1:] if v[:1] == "s" else float(v[1:]) if v else None for v in line[:-1].split("\t")])
book.save(sys.argv[2])
