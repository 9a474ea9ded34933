// Package verify holds the checks of the workbook that need LibreOffice and openpyxl: go test -count=1 -tags verify ./report/verify
package verify
