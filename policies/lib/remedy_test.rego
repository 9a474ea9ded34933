package tenor.lib.remedy_test

import data.tenor.lib.remedy

_product := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "TAINTED", "Type": "CFN_STACK"},
	"facts": {
		"request_type": "UPDATE_PROVISIONED_PRODUCT", "succeeded": true, "cause": "it did not work",
		"launch_role": "arn:aws:iam::111122223333:role/Launch",
	},
}

_facts(facts) := object.union(_product, {"facts": facts})

_type(type) := object.union(_product, {"spec": {"Type": type}})

test_says_it_whole if {
	remedy.failed == concat(" ", [
		"Read the events of the product's stack in CloudFormation: the first that failed says why.",
		"Put the cause right before anything else: the same request fails again.",
		"Then ask for it again: an update asks for the parameters again, needs the launch path, and may replace the product entirely.",
		"Where nobody needs the product, have its owner terminate it, which deletes what it provisioned.",
	]) with input as _product
}

test_looks_where_the_type_says if {
	every type, words in {
		"CFN_STACK": "stack in CloudFormation", "CFN_STACKSET": "accounts and regions", "TERRAFORM_OPEN_SOURCE": "engine",
		"TERRAFORM_CLOUD": "engine", "EXTERNAL": "engine", "NEWER_THAN_US": "errors of the record",
	} {
		contains(remedy.look, words) with input as _type(type)
	}
}

test_puts_right_what_the_cause_says if {
	every cause, words in {
		"User: <arn> is not authorized to perform: rds:ModifyDBInstance": "launch role arn:aws:iam::111122223333:role/Launch allowed",
		"Access denied while assuming the role <arn>": "allowed what is denied",
		"Parameters: [KeyName] must have values": "value for each parameter",
		"ResourceLimitExceeded: The maximum number of addresses has been reached": "quota",
		"db.r5.4xlarge has insufficient capacity on <id>": "quota raised or room made",
		"you already have an operation in progress. Try again later.": "Wait until",
		"The bucket is not empty": "Put the cause right",
	} {
		contains(remedy.right, words) with input as _facts({"cause": cause})
	}
	remedy.right == "Have the role that provisions the product allowed what is denied there, by whoever owns it."
		with input as _facts({"cause": "access denied", "launch_role": null})
}

# Without its role every request fails, whatever the errors say.
test_has_a_missing_role_made_first if {
	every cause in ["it did not work", "access denied", null] {
		gone := object.union(_facts({"cause": cause}), {"related": {"launch_role": {"ARN": "arn:aws:iam::111122223333:role/Gone", "Missing": true}}})
		startswith(remedy.right, "Have the launch role arn:aws:iam::111122223333:role/Gone made again first") with input as gone
	}
	contains(remedy.right, "Put the cause right")
		with input as object.union(_product, {"related": {"launch_role": {"ARN": "arn:aws:iam::111122223333:role/Launch", "Missing": false}}})
}

# Where two kinds are named, what is denied comes first: nothing else is known before that.
test_puts_right_one_thing if {
	contains(remedy.right, "denied") with input as _facts({"cause": "not authorized to read the quota; try again later"})
}

test_asks_for_what_the_request_was if {
	contains(remedy.next, "launch it again as a new product") with input as _facts({"request_type": "PROVISION_PRODUCT", "succeeded": false})
	contains(remedy.next, "an update asks for the parameters again") with input as _facts({"request_type": "PROVISION_PRODUCT"})
	contains(remedy.next, "keep a copy of the data") with input as _facts({"request_type": "TERMINATE_PROVISIONED_PRODUCT"})
}

# Whatever failed, nobody is told to terminate an account as if that deleted a stack.
test_says_what_becomes_of_an_account if {
	every request in ["PROVISION_PRODUCT", "UPDATE_PROVISIONED_PRODUCT", "TERMINATE_PROVISIONED_PRODUCT", null] {
		of := object.union(_type("CONTROL_TOWER_ACCOUNT"), {"facts": {"request_type": request, "succeeded": false}})
		contains(remedy.failed, "unenrols the account, moves it to the Root of the organization") with input as of
		not contains(remedy.failed, "deletes what it provisioned") with input as of
		not contains(remedy.failed, "ask for the termination again") with input as of
	}
}

test_does_not_update_what_has_no_stack if {
	every stack in [{"Missing": true}, {"StackStatus": "DELETE_COMPLETE"}] {
		gone := object.union(_product, {"related": {"stacks": stack}})
		contains(remedy.next, "launch it again as a new product") with input as gone
		not contains(remedy.next, "ask for it again") with input as gone
		remedy.look == "Read the errors of the record." with input as gone
	}
	contains(remedy.next, "an update asks for the parameters again")
		with input as object.union(_product, {"related": {"stacks": {"StackStatus": "UPDATE_ROLLBACK_COMPLETE"}}})
}

test_does_not_update_what_is_made_from_nothing if {
	gone := object.union(_product, {"related": {"artifact": {"Id": "pa-1", "ProductMissing": true}}})
	contains(remedy.next, "share it again") with input as gone
	not contains(remedy.next, "ask for it again") with input as gone
}

test_says_something_of_what_is_not_known if {
	count(remedy.failed) > 0 with input as json.remove(_product, ["facts", "spec/Type"])
	count(remedy.failed) > 0 with input as _facts({"request_type": null, "cause": null, "succeeded": false})
}
