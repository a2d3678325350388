"""The root field `policyPreview`: what a draft would change in what each regulator sees."""
