import { adam, crossEntropy, fit, NdArray, networks } from 'modelwright';
import { Dataset } from 'modelwright/data';
const name=process.argv[2], freeze=process.argv[3], steps=20, size=64, batch=32;
const ex=Array.from({length:batch},(_,i)=>({input:new NdArray('uint8',[3,size,size],new Uint8Array(3*size*size).map((_,k)=>(k*31+i*7)%256)),target:NdArray.from(i%10,'int32')}));
const model=networks[name]({classes:10});
let start; let n=0;
await fit(model,Dataset.from(ex),{loss:crossEntropy,optimizer:adam(1e-3),epochs:steps+3,batchSize:batch,progress:false,...(freeze&&{freeze:freeze.split(',')}),
 callbacks:[{onEpochEnd(){ if(++n===3) start=[process.cpuUsage(),performance.now()]; }, onTrainEnd(){ const c=process.cpuUsage(start[0]); console.log(name,freeze??'nothing',((c.user+c.system)/1000/steps).toFixed(1),'ms CPU a step',((performance.now()-start[1])/steps).toFixed(1),'ms wall'); }}]});
process.exit();
