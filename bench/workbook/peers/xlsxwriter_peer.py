"""Writes the cells of a file of tab-separated values with XlsxWriter in its constant_memory mode."""
import sys
import xlsxwriter

book = xlsxwriter.Workbook(sys.argv[2], {"constant_memory": True})
sheet = book.add_worksheet("Provisioned products")
date = book.add_format({"num_format": "yyyy-mm-dd"})
with open(sys.argv[1], encoding="utf-8", newline="\n") as cells:
    for row, line in enumerate(cells):
        for col, value in enumerate(line[:-1].split("\t")):
            if value[:1] == "s":
                sheet.write_string(row, col, value[1:])
            elif value:
                sheet.write_number(row, col, float(value[1:]), date)
book.close()
