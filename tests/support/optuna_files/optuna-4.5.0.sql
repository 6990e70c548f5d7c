BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v3.2.0.a');
CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'tuned');
INSERT INTO "studies" VALUES(2,'grid');
CREATE TABLE study_directions (
	study_direction_id INTEGER NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	study_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	PRIMARY KEY (study_direction_id), 
	UNIQUE (study_id, objective), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_directions" VALUES(1,'MINIMIZE',1,0);
INSERT INTO "study_directions" VALUES(2,'MINIMIZE',2,0);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE trial_heartbeats (
	trial_heartbeat_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY (trial_heartbeat_id), 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,1,'lr',6.8240784270988336449e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(2,1,'momentum',6.8430826877005013209e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(3,2,'lr',1.00052685423783049162e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(4,2,'momentum',2.87215944000247747069e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(5,3,'lr',1.9656753051200330333e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(6,3,'momentum',0.0877216650303579,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(7,4,'lr',2.35787307264673793097e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(8,4,'momentum',3.28282690690895329055e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(9,5,'lr',6.21634269772239345108e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(10,5,'momentum',0.511875897303189,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(11,6,'lr',6.89269448113770302061e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(12,6,'momentum',6.50958525376921448568e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(13,7,'lr',2.56392017331631087012e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(14,7,'momentum',8.34211564571398112022e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(15,8,'lr',1.13442342658352356837e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(16,8,'momentum',6.36944134669482076027e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(17,9,'lr',0.064,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(18,9,'momentum',0.8,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(19,10,'lr',0.004,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(20,10,'momentum',0.9,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(21,11,'lr',0.004,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(22,11,'momentum',0.8,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(23,12,'lr',0.016,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(24,12,'momentum',0.8,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(25,13,'lr',0.064,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(26,13,'momentum',0.9,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(27,14,'lr',0.064,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(28,14,'momentum',0.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(29,15,'lr',0.016,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(30,15,'momentum',0.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(31,16,'lr',0.004,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(32,16,'momentum',0.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(33,17,'lr',0.016,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(34,17,'momentum',0.9,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,9,'search_space','{"lr": [0.004, 0.016, 0.064], "momentum": [0.5, 0.8, 0.9]}');
INSERT INTO "trial_system_attributes" VALUES(2,9,'grid_id','0');
INSERT INTO "trial_system_attributes" VALUES(3,10,'search_space','{"lr": [0.004, 0.016, 0.064], "momentum": [0.5, 0.8, 0.9]}');
INSERT INTO "trial_system_attributes" VALUES(4,10,'grid_id','1');
INSERT INTO "trial_system_attributes" VALUES(5,11,'search_space','{"lr": [0.004, 0.016, 0.064], "momentum": [0.5, 0.8, 0.9]}');
INSERT INTO "trial_system_attributes" VALUES(6,11,'grid_id','2');
INSERT INTO "trial_system_attributes" VALUES(7,12,'search_space','{"lr": [0.004, 0.016, 0.064], "momentum": [0.5, 0.8, 0.9]}');
INSERT INTO "trial_system_attributes" VALUES(8,12,'grid_id','3');
INSERT INTO "trial_system_attributes" VALUES(9,13,'search_space','{"lr": [0.004, 0.016, 0.064], "momentum": [0.5, 0.8, 0.9]}');
INSERT INTO "trial_system_attributes" VALUES(10,13,'grid_id','4');
INSERT INTO "trial_system_attributes" VALUES(11,14,'search_space','{"lr": [0.004, 0.016, 0.064], "momentum": [0.5, 0.8, 0.9]}');
INSERT INTO "trial_system_attributes" VALUES(12,14,'grid_id','5');
INSERT INTO "trial_system_attributes" VALUES(13,15,'search_space','{"lr": [0.004, 0.016, 0.064], "momentum": [0.5, 0.8, 0.9]}');
INSERT INTO "trial_system_attributes" VALUES(14,15,'grid_id','6');
INSERT INTO "trial_system_attributes" VALUES(15,16,'search_space','{"lr": [0.004, 0.016, 0.064], "momentum": [0.5, 0.8, 0.9]}');
INSERT INTO "trial_system_attributes" VALUES(16,16,'grid_id','7');
INSERT INTO "trial_system_attributes" VALUES(17,17,'search_space','{"lr": [0.004, 0.016, 0.064], "momentum": [0.5, 0.8, 0.9]}');
INSERT INTO "trial_system_attributes" VALUES(18,17,'grid_id','8');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_user_attributes" VALUES(1,1,'seed','0');
INSERT INTO "trial_user_attributes" VALUES(2,2,'seed','1000003');
INSERT INTO "trial_user_attributes" VALUES(3,3,'seed','2000006');
INSERT INTO "trial_user_attributes" VALUES(4,4,'seed','3000009');
INSERT INTO "trial_user_attributes" VALUES(5,5,'seed','4000012');
INSERT INTO "trial_user_attributes" VALUES(6,6,'seed','5000015');
INSERT INTO "trial_user_attributes" VALUES(7,7,'seed','6000018');
INSERT INTO "trial_user_attributes" VALUES(8,8,'seed','7000021');
INSERT INTO "trial_user_attributes" VALUES(9,9,'seed','0');
INSERT INTO "trial_user_attributes" VALUES(10,10,'seed','1000003');
INSERT INTO "trial_user_attributes" VALUES(11,11,'seed','2000006');
INSERT INTO "trial_user_attributes" VALUES(12,12,'seed','3000009');
INSERT INTO "trial_user_attributes" VALUES(13,13,'seed','4000012');
INSERT INTO "trial_user_attributes" VALUES(14,14,'seed','5000015');
INSERT INTO "trial_user_attributes" VALUES(15,15,'seed','6000018');
INSERT INTO "trial_user_attributes" VALUES(16,16,'seed','7000021');
INSERT INTO "trial_user_attributes" VALUES(17,17,'seed','8000024');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,1,0,1.26016365463626850429e-01,'FINITE');
INSERT INTO "trial_values" VALUES(2,2,0,3.66898974026836965922e-01,'FINITE');
INSERT INTO "trial_values" VALUES(3,3,0,3.9191391634683425682e-01,'FINITE');
INSERT INTO "trial_values" VALUES(4,4,0,0.27115059723574,'FINITE');
INSERT INTO "trial_values" VALUES(5,5,0,1.60626844768374132943e-01,'FINITE');
INSERT INTO "trial_values" VALUES(6,6,0,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(7,7,0,1.67481915903182371208e-01,'FINITE');
INSERT INTO "trial_values" VALUES(8,8,0,2.58180466785396134365e-01,'FINITE');
INSERT INTO "trial_values" VALUES(9,9,0,1.40069574446789441024e-01,'FINITE');
INSERT INTO "trial_values" VALUES(10,10,0,1.38736241113456088003e-01,'FINITE');
INSERT INTO "trial_values" VALUES(11,11,0,1.40069574446789413268e-01,'FINITE');
INSERT INTO "trial_values" VALUES(12,12,0,1.01633333333333339409e-01,'FINITE');
INSERT INTO "trial_values" VALUES(13,13,0,1.38736241113456115758e-01,'FINITE');
INSERT INTO "trial_values" VALUES(14,14,0,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(15,15,0,1.45633333333333336856e-01,'FINITE');
INSERT INTO "trial_values" VALUES(16,16,0,1.84069574446789424593e-01,'FINITE');
INSERT INTO "trial_values" VALUES(17,17,0,0.1003,'FINITE');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'COMPLETE','2026-11-26 07:05:07.754223','2026-11-26 07:05:07.853214');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-26 07:05:07.874419','2026-11-26 07:05:07.943547');
INSERT INTO "trials" VALUES(3,2,1,'COMPLETE','2026-11-26 07:05:07.959617','2026-11-26 07:05:08.019037');
INSERT INTO "trials" VALUES(4,3,1,'COMPLETE','2026-11-26 07:05:08.037907','2026-11-26 07:05:08.114925');
INSERT INTO "trials" VALUES(5,4,1,'COMPLETE','2026-11-26 07:05:08.129329','2026-11-26 07:05:08.191122');
INSERT INTO "trials" VALUES(6,5,1,'COMPLETE','2026-11-26 07:05:08.210337','2026-11-26 07:05:08.282568');
INSERT INTO "trials" VALUES(7,6,1,'COMPLETE','2026-11-26 07:05:08.300544','2026-11-26 07:05:08.358439');
INSERT INTO "trials" VALUES(8,7,1,'COMPLETE','2026-11-26 07:05:08.374608','2026-11-26 07:05:08.443633');
INSERT INTO "trials" VALUES(9,0,2,'COMPLETE','2026-11-26 07:05:08.520192','2026-11-26 07:05:08.630042');
INSERT INTO "trials" VALUES(10,1,2,'COMPLETE','2026-11-26 07:05:08.646366','2026-11-26 07:05:08.754443');
INSERT INTO "trials" VALUES(11,2,2,'COMPLETE','2026-11-26 07:05:08.774009','2026-11-26 07:05:08.926537');
INSERT INTO "trials" VALUES(12,3,2,'COMPLETE','2026-11-26 07:05:08.962615','2026-11-26 07:05:09.174831');
INSERT INTO "trials" VALUES(13,4,2,'COMPLETE','2026-11-26 07:05:09.218045','2026-11-26 07:05:09.354100');
INSERT INTO "trials" VALUES(14,5,2,'COMPLETE','2026-11-26 07:05:09.452545','2026-11-26 07:05:09.602718');
INSERT INTO "trials" VALUES(15,6,2,'COMPLETE','2026-11-26 07:05:09.631384','2026-11-26 07:05:09.774991');
INSERT INTO "trials" VALUES(16,7,2,'COMPLETE','2026-11-26 07:05:09.800169','2026-11-26 07:05:09.932831');
INSERT INTO "trials" VALUES(17,8,2,'COMPLETE','2026-11-26 07:05:09.977875','2026-11-26 07:05:10.180445');
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'4.5.0');
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE INDEX ix_trials_study_id ON trials (study_id);
COMMIT;
