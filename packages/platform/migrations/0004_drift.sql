CREATE TABLE "drift" (
	"model" uuid PRIMARY KEY NOT NULL,
	"settings" jsonb NOT NULL,
	"baselines" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "drift" ADD CONSTRAINT "drift_model_models_id_fk" FOREIGN KEY ("model") REFERENCES "public"."models"("id") ON DELETE cascade ON UPDATE no action;