package synth

import (
	"strconv"
	"strings"
	"time"
)

// table indexes the files of a tree.
type table int

const (
	tablePatients table = iota
	tableAdmissions
	tableDiagnoses
	tableProcedures
	tableServices
	tableStays
	tableEvents
	tableDischarge
	tableRadiology
	tableFactors

	// MIMIC-III's.
	iiiPatients
	iiiAdmissions
	iiiDiagnoses
	iiiProcedures
	iiiStays
	iiiEvents
	iiiCharted
	iiiNotes
	tablePlanted
	tableTrain
	tableVal
	tableTest
	tableCount
)

// files are the tables' names and headers: those of MIMIC-IV (2.2) and MIMIC-IV-Note
// (2.2), and those of MIMIC-III (1.4).
var files = [tableCount]struct{ name, header string }{
	tablePatients:   {"hosp/patients.csv.gz", "subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod"},
	tableAdmissions: {"hosp/admissions.csv.gz", "subject_id,hadm_id,admittime,dischtime,deathtime,admission_type,admit_provider_id,admission_location,discharge_location,insurance,language,marital_status,race,edregtime,edouttime,hospital_expire_flag"},
	tableDiagnoses:  {"hosp/diagnoses_icd.csv.gz", "subject_id,hadm_id,seq_num,icd_code,icd_version"},
	tableProcedures: {"hosp/procedures_icd.csv.gz", "subject_id,hadm_id,seq_num,chartdate,icd_code,icd_version"},
	tableServices:   {"hosp/services.csv.gz", "subject_id,hadm_id,transfertime,prev_service,curr_service"},
	tableStays:      {"icu/icustays.csv.gz", "subject_id,hadm_id,stay_id,first_careunit,last_careunit,intime,outtime,los"},
	tableEvents:     {"icu/procedureevents.csv.gz", "subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,storetime,itemid,value,valueuom,location,locationcategory,orderid,linkorderid,ordercategoryname,ordercategorydescription,patientweight,isopenbag,continueinnextdept,statusdescription,originalamount,originalrate"},
	tableDischarge:  {"note/discharge.csv.gz", "note_id,subject_id,hadm_id,note_type,note_seq,charttime,storetime,text"},
	tableRadiology:  {"note/radiology.csv.gz", "note_id,subject_id,hadm_id,note_type,note_seq,charttime,storetime,text"},
	tableFactors:    {FactorsFile, "subject_id,hadm_id," + strings.Join(factorNames[:outcomeFactors], ",") + ",p_mor,p_pmv,p_los_0,p_los_1,p_los_2,p_los_3"},

	iiiPatients:   {"PATIENTS.csv.gz", "ROW_ID,SUBJECT_ID,GENDER,DOB,DOD,DOD_HOSP,DOD_SSN,EXPIRE_FLAG"},
	iiiAdmissions: {"ADMISSIONS.csv.gz", "ROW_ID,SUBJECT_ID,HADM_ID,ADMITTIME,DISCHTIME,DEATHTIME,ADMISSION_TYPE,ADMISSION_LOCATION,DISCHARGE_LOCATION,INSURANCE,LANGUAGE,RELIGION,MARITAL_STATUS,ETHNICITY,EDREGTIME,EDOUTTIME,DIAGNOSIS,HOSPITAL_EXPIRE_FLAG,HAS_CHARTEVENTS_DATA"},
	iiiDiagnoses:  {"DIAGNOSES_ICD.csv.gz", "ROW_ID,SUBJECT_ID,HADM_ID,SEQ_NUM,ICD9_CODE"},
	iiiProcedures: {"PROCEDURES_ICD.csv.gz", "ROW_ID,SUBJECT_ID,HADM_ID,SEQ_NUM,ICD9_CODE"},
	iiiStays:      {"ICUSTAYS.csv.gz", "ROW_ID,SUBJECT_ID,HADM_ID,ICUSTAY_ID,DBSOURCE,FIRST_CAREUNIT,LAST_CAREUNIT,FIRST_WARDID,LAST_WARDID,INTIME,OUTTIME,LOS"},
	iiiEvents:     {"PROCEDUREEVENTS_MV.csv.gz", "ROW_ID,SUBJECT_ID,HADM_ID,ICUSTAY_ID,STARTTIME,ENDTIME,ITEMID,VALUE,VALUEUOM,LOCATION,LOCATIONCATEGORY,STORETIME,CGID,ORDERID,LINKORDERID,ORDERCATEGORYNAME,SECONDARYORDERCATEGORYNAME,ORDERCATEGORYDESCRIPTION,ISOPENBAG,CONTINUEINNEXTDEPT,CANCELREASON,STATUSDESCRIPTION,COMMENTS_EDITEDBY,COMMENTS_CANCELEDBY,COMMENTS_DATE"},
	iiiCharted:    {"CHARTEVENTS.csv.gz", "ROW_ID,SUBJECT_ID,HADM_ID,ICUSTAY_ID,ITEMID,CHARTTIME,STORETIME,CGID,VALUE,VALUENUM,VALUEUOM,WARNING,ERROR,RESULTSTATUS,STOPPED"},
	iiiNotes:      {"NOTEEVENTS.csv.gz", "ROW_ID,SUBJECT_ID,HADM_ID,CHARTDATE,CHARTTIME,STORETIME,CATEGORY,DESCRIPTION,CGID,ISERROR,TEXT"},
	tablePlanted:  {QuirksFile, "quirk,subject_id,hadm_id"},
	tableTrain:    {"core_lists/mimic_train.csv", "SUBJECT_ID"},
	tableVal:      {"core_lists/mimic_val.csv", "SUBJECT_ID"},
	tableTest:     {"core_lists/mimic_test.csv", "SUBJECT_ID"},
}

// QuirksFile is the side file of a MIMIC-III tree that says which quirk was planted
// in which admission. It is no part of MIMIC.
const QuirksFile = "quirks.csv.gz"

// FactorsFile is the side file of hidden factors and true probabilities. It is no
// part of MIMIC.
const FactorsFile = "factors.csv.gz"

// rows collects CSV records of a table: quotes only where they are needed, a
// quote inside doubled, empty for null, as MIMIC's files are.
type rows struct {
	data  []byte
	count int64
}

// clock is seconds since 1970 on the hospital's clock; 0 is null.
type clock int64

const (
	minute clock = 60
	hour         = 60 * minute
	day          = 24 * hour
)

// midnight is the start of the day.
func (c clock) midnight() clock { return c - c%day }

func (c clock) year() int { return time.Unix(int64(c), 0).UTC().Year() }

func days(d float64) clock { return clock(d*24*60+0.5) * minute }

func (r *rows) num(n int64) *rows {
	r.data = append(strconv.AppendInt(r.data, n, 10), ',')
	return r
}

// optional writes an id that is null where it is 0.
func (r *rows) optional(id int64) *rows {
	if id == 0 {
		return r.text("")
	}
	return r.num(id)
}

// float writes the shortest text that reads back as the same number.
func (r *rows) float(x float64) *rows {
	r.data = append(strconv.AppendFloat(r.data, x, 'g', -1, 64), ',')
	return r
}

func (r *rows) time(c clock) *rows { return r.stamp(c, "2006-01-02 15:04:05") }
func (r *rows) date(c clock) *rows { return r.stamp(c, "2006-01-02") }

func (r *rows) stamp(c clock, layout string) *rows {
	if c != 0 {
		r.data = time.Unix(int64(c), 0).UTC().AppendFormat(r.data, layout)
	}
	r.data = append(r.data, ',')
	return r
}

func (r *rows) text(s string) *rows {
	if strings.ContainsAny(s, ",\"\r\n") {
		return r.quoted([]byte(s))
	}
	r.data = append(append(r.data, s...), ',')
	return r
}

// quoted writes a field in quotes whatever it holds.
func (r *rows) quoted(s []byte) *rows {
	r.data = append(r.data, '"')
	for _, b := range s {
		if b == '"' {
			r.data = append(r.data, '"')
		}
		r.data = append(r.data, b)
	}
	r.data = append(r.data, '"', ',')
	return r
}

// end closes a record.
func (r *rows) end() {
	r.data[len(r.data)-1] = '\n'
	r.count++
}
