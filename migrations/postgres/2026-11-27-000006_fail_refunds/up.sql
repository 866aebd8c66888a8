-- Why a refund has failed: the provider will never give it back.
ALTER TABLE refunds ADD COLUMN failure_code TEXT COLLATE "C";
ALTER TABLE refunds DROP CONSTRAINT refunds_status_check;
ALTER TABLE refunds ADD CONSTRAINT refunds_status_check CHECK (status IN ('pending', 'done', 'failed'));
ALTER TABLE refunds ADD CONSTRAINT refunds_failure_check CHECK ((status = 'failed') = (failure_code IS NOT NULL));
