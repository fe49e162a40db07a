package synth

// givenTablesIII are MIMIC-III's. Its codes are all of ICD-9, and some are null.
var givenTablesIII = []givenTable{
	{"PATIENTS", "patients", []string{"subject_id", "gender"}, (*givenTree).takePatient},
	{"ADMISSIONS", "admissions", []string{"subject_id", "hadm_id", "admittime", "dischtime", "discharge_location", "hospital_expire_flag"}, (*givenTree).takeAdmission},
	{"DIAGNOSES_ICD", "diagnoses_icd", []string{"hadm_id", "icd9_code"}, (*givenTree).takeDiagnosisIII},
	{"PROCEDURES_ICD", "procedures_icd", []string{"hadm_id", "icd9_code"}, (*givenTree).takeProcedureIII},
	{"ICUSTAYS", "icustays", []string{"hadm_id", "icustay_id", "intime"}, (*givenTree).takeStay},
	{"PROCEDUREEVENTS_MV", "procedureevents_mv", []string{"itemid", "icustay_id", "starttime", "endtime"}, (*givenTree).takeEvent},
}

func (g *givenTree) takeDiagnosisIII(c *cells) { g.takeCode(c, false, 9) }

func (g *givenTree) takeProcedureIII(c *cells) { g.takeCode(c, true, 9) }
