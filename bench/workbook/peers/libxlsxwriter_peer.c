/* Writes the cells of a file of tab-separated values with libxlsxwriter in its constant_memory mode. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    FILE *cells = fopen(argv[1], "r");
    if (!cells) return 1;
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    lxw_workbook *book = workbook_new_opt(argv[2], &options);
    lxw_worksheet *sheet = workbook_add_worksheet(book, "Provisioned products");
    lxw_format *date = workbook_add_format(book);
    format_set_num_format(date, "yyyy-mm-dd");
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    for (lxw_row_t row = 0; (n = getline(&line, &size, cells)) > 0; row++) {
        line[n - 1] = 0;
        char *rest = line, *value;
        for (lxw_col_t col = 0; (value = strsep(&rest, "\t")); col++) {
            if (*value == 's') worksheet_write_string(sheet, row, col, value + 1, NULL);
            else if (*value) worksheet_write_number(sheet, row, col, atof(value + 1), date);
        }
    }
    fclose(cells);
    return workbook_close(book) == LXW_NO_ERROR ? 0 : 1;
}
