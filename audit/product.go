package audit

import "strings"

// Provisions reports whether a request of that RecordType provisions: it launches, updates, imports or terminates a product, also by
// a plan. A service action, such as a reboot, does not, nor does a type newer than this program: neither makes a product whole.
func Provisions(recordType string) bool {
	return recordType == "UPDATE_PROVISIONED_PRODUCT" || recordType == "EXECUTE_PROVISIONED_PRODUCT_PLAN" ||
		strings.HasPrefix(recordType, "PROVISION_") || strings.HasPrefix(recordType, "TERMINATE_") ||
		strings.HasPrefix(recordType, "IMPORT_")
}
